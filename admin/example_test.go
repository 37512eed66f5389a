package admin_test

import (
	"log"
	"net/http"
	"time"

	"github.com/cacheops/cacheops"
	"github.com/cacheops/cacheops/admin"
)

// A port for the people who run the program, which only the machine itself reaches.
func ExampleHandler() {
	var cache *cacheops.Cache // from New
	mux := http.NewServeMux()
	mux.Handle("/cacheops/", http.StripPrefix("/cacheops", admin.Handler(cache, admin.Config{})))
	server := &http.Server{Addr: "127.0.0.1:6060", Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	log.Print(server.ListenAndServe())
}
