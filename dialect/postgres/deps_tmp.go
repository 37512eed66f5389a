package postgres

import _ "github.com/sqlc-dev/oliphant/parser" // until Parse uses it
