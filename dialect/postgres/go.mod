module github.com/cacheops/cacheops/dialect/postgres

go 1.25.0

require (
	github.com/cacheops/cacheops v0.0.0-00010101000000-000000000000
	github.com/sqlc-dev/oliphant v0.2.0
	google.golang.org/protobuf v1.36.12
)

replace github.com/cacheops/cacheops => ../..
