module github.com/cacheops/cacheops/pongo2cache

go 1.25.0

require (
	github.com/cacheops/cacheops v0.0.0-00010101000000-000000000000
	github.com/flosch/pongo2/v6 v6.0.0
	go.uber.org/goleak v1.3.0
)

require (
	github.com/fxamacker/cbor/v2 v2.10.0 // indirect
	github.com/kr/pretty v0.3.0 // indirect
	github.com/maypok86/otter/v2 v2.4.0 // indirect
	github.com/rogpeppe/go-internal v1.16.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
)

replace github.com/cacheops/cacheops => ..
