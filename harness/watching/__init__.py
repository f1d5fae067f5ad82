"""What a database and the service behind it use while they are asked, and what was answered meanwhile."""
