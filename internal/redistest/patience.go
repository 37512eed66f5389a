package redistest

import "strings"

// Patient is a server's URL with which a client of package rueidis gives a new
// connection 20 seconds, as no test needs but one that runs on a busy machine.
func Patient(url string) string {
	const patience = "dial_timeout=20s"
	if strings.Contains(url, "?") {
		return url + "&" + patience
	}
	return url + "?" + patience
}
