//go:build unix

package redistest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// certificate is what servers show and what clients trust, in PEM.
type certificate struct {
	cert, key []byte
	pool      *x509.CertPool
}

// issued is the certificate of this process. All its servers have the same, so
// that replicas and nodes of a Cluster trust each other.
var issued = sync.OnceValues(issue)

func issue() (*certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("redistest: make a key: %w", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(now.UnixNano()),
		Subject:               pkix.Name{CommonName: "redistest"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
		IsCA:                  true,
		DNSNames:              []string{"localhost"},
		IPAddresses:           []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, fmt.Errorf("redistest: make a certificate: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("redistest: write a key: %w", err)
	}
	c := &certificate{
		cert: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		key:  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER}),
		pool: x509.NewCertPool(),
	}
	c.pool.AppendCertsFromPEM(c.cert)
	return c, nil
}

// write puts the certificate into a folder, as tls.crt and tls.key, and returns
// the settings that name them.
func (c *certificate) write(dir string) ([]string, error) {
	cert, key := filepath.Join(dir, "tls.crt"), filepath.Join(dir, "tls.key")
	if err := os.WriteFile(cert, c.cert, 0o600); err != nil {
		return nil, fmt.Errorf("redistest: %w", err)
	}
	if err := os.WriteFile(key, c.key, 0o600); err != nil {
		return nil, fmt.Errorf("redistest: %w", err)
	}
	return []string{
		"tls-cert-file " + cert, "tls-key-file " + key, "tls-ca-cert-file " + cert,
		"tls-auth-clients no", "tls-replication yes",
	}, nil
}

// TLSConfig is for clients of a server with TLS. It trusts the certificate that
// all servers of this process show, which another process finds in the file
// tls.crt of [Server.Dir]. It is nil for a server without TLS.
func (s *Server) TLSConfig() *tls.Config {
	if !s.config.TLS {
		return nil
	}
	c, err := issued()
	if err != nil {
		return nil // such a server did not start
	}
	return &tls.Config{RootCAs: c.pool, ServerName: "127.0.0.1", MinVersion: tls.VersionTLS12}
}
