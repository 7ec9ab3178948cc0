package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// The certificate of a server that was told to make its own. Clients of tests trust
// the file.
const (
	selfSignedFile = "tls-self-signed.pem" // certificate and key, in the data directory
	selfSignedLife = 397 * 24 * time.Hour
	selfSignedLeft = 30 * 24 * time.Hour // it is made anew when it is good for less
)

// selfSigned returns the certificate that is kept in a directory, made on first use
// for this machine's names.
func selfSigned(dir string, now time.Time) (tls.Certificate, error) {
	file := filepath.Join(dir, selfSignedFile)
	kept, err := os.ReadFile(file)
	if err == nil {
		if pair, err := tls.X509KeyPair(kept, kept); err == nil && pair.Leaf != nil && now.Add(selfSignedLeft).Before(pair.Leaf.NotAfter) {
			return pair, nil
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, err
	}
	made, err := makeSelfSigned(now)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := os.WriteFile(file+".new", made, 0o600); err != nil {
		return tls.Certificate{}, err
	}
	if err := os.Rename(file+".new", file); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(made, made)
}

func makeSelfSigned(now time.Time) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: "Sluice (self-signed)"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(selfSignedLife),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	if name, err := os.Hostname(); err == nil && name != "localhost" {
		template.DNSNames = append(template.DNSNames, name)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	out := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return append(out, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})...), nil
}
