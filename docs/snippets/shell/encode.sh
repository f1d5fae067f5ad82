#!/bin/sh
# Prints an image file as base64, on one line, with GNU's base64 and with the one of macOS.
set -eu
base64 <"${IMAGE:-Corgi.jpg}" | tr -d '\n'
