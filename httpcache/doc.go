// Package httpcache caches the pages of a net/http server, by whatever the queries depend
// on that they are made from. It is middleware:
//
//	cached := httpcache.New(cache, httpcache.Config{TTL: time.Minute})
//	mux.Handle("GET /news", cached(news))
//
// A page is kept as the result of a [cacheops.Func] is: read there what it depends on,
// and what keeps it out of the cache. Requests that miss the same page at once wait for
// one of them. A page that is kept is sent with the status, the headers and the body that
// the handler gave it, and is answered with 304 where the client has it already.
//
// # What the handler is shown
//
// What a page is told apart by is its key: the scheme, the host and the whole URI of the
// request, the headers of Config.Vary, those that pages of this URI say they vary by, and
// Config.Extra. A handler whose page may be kept is shown a request that holds this, and
// nothing else of the client: no cookie, no User-Agent, no X-Forwarded-For; RemoteAddr is
// "0.0.0.0:0". So nothing can be in a page for others that only one client has sent.
//
// A response with the header Vary teaches which headers matter. If the request had such a
// header, and the handler was not shown it, the handler runs again with it: twice in all,
// once for each URI and process. Name headers in Config.Vary to spare that. Headers that
// middleware outside varies by count too, but for Accept-Encoding, Origin and those of
// Access-Control: those it answers itself, each time.
//
// What is outside of the request is the program's to look after: values in the context
// that middleware outside of this one found out, by the client's address for one. What
// they decide belongs into Config.Extra, and so does what it sets in the header of the
// response before, which the handler can read. Middleware inside of this one runs when a page is
// made, and not when it is kept.
//
// # What is not kept
//
// A request goes to the handler as it came, and its response is not kept, where it
//
//   - has another method than GET and HEAD, or a body;
//   - has cookies, Authorization or a client certificate, see [Credentials];
//   - asks for a range, for an upgrade, or under a condition other than If-None-Match and
//     If-Modified-Since, or says no-store;
//   - has a header that this package does not know, and Config does not name.
//
// A response is passed on, and not kept, where it
//
//   - sets a cookie, or says private, no-store, no-cache or max-age=0;
//   - has a status that Config.Statuses does not hold, or does not begin at all;
//   - varies by everything, or has a nonce in its Content-Security-Policy;
//   - has a header whose name is not in canonical form, so that it would not be found;
//   - is given a second status, or was read from what failed: it was meant otherwise;
//   - is flushed before its end, a stream of events, a hijacked connection, has trailers or
//     comes after an informational response;
//   - is larger than Config.MaxBytes.
//
// One that is written after the end of its request is not kept either. A panic keeps
// nothing, and reaches the server.
package httpcache
