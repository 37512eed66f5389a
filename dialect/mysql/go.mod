module github.com/cacheops/cacheops/dialect/mysql

go 1.26.0

require (
	github.com/cacheops/cacheops v0.0.0-00010101000000-000000000000
	github.com/go-sql-driver/mysql v1.10.1
	github.com/sqlc-dev/marino v0.3.1
)

require (
	filippo.io/edwards25519 v1.2.0 // indirect
	golang.org/x/text v0.19.0 // indirect
)

replace github.com/cacheops/cacheops => ../..
