//go:build unix

package testprocess

// T is what a test gives to the servers it starts: a testing.TB, or a *rapid.T.
// The package does not import testing, because a program can use it too.
type T interface {
	Helper()
	Cleanup(f func())
	Failed() bool
	Logf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Owner is whom a server answers to: a test, which its errors fail, or, by the zero
// value, a program, which looks at them itself.
type Owner struct{ t T }

// OwnedBy is the owner of what belongs to a test; nil for a program.
func OwnedBy(t T) Owner { return Owner{t: t} }

// Check fails the test for an error, and returns it.
func (o Owner) Check(err error) error {
	if err != nil && o.t != nil {
		o.t.Helper()
		o.t.Fatalf("%v", err)
	}
	return err
}

// CloseWith has a server closed when the test ends, and its log shown before if the
// test has failed. What names the server.
func (o Owner) CloseWith(what string, log Log, closeServer func() error) {
	o.t.Cleanup(func() {
		if o.t.Failed() {
			o.t.Logf("the last lines of the log of %s, %s:\n%s", what, log, log.Tail())
		}
		_ = closeServer() // the folder for temporary files is cleaned by the system too
	})
}
