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

// The certificate of a server that was told to make its own. Clients of tests are given
// its file, which therefore does not have the key.
const (
	selfSignedFile = "tls-self-signed.pem" // certificate, in the data directory
	selfSignedKey  = "tls-self-signed.key" // its private key, beside it
	selfSignedLife = 397 * 24 * time.Hour
	selfSignedLeft = 30 * 24 * time.Hour // it is made anew when it is good for less
)

// selfSigned returns the certificate that is kept in a directory, made on first use
// for this machine's names, and anew when it is near its end or its files do not fit.
func selfSigned(dir string, now time.Time) (tls.Certificate, error) {
	file, key := filepath.Join(dir, selfSignedFile), filepath.Join(dir, selfSignedKey)
	pair, err := tls.LoadX509KeyPair(file, key)
	if err == nil && pair.Leaf != nil && now.Add(selfSignedLeft).Before(pair.Leaf.NotAfter) {
		return pair, nil
	}
	if _, unreadable := errors.AsType[*fs.PathError](err); unreadable && !errors.Is(err, fs.ErrNotExist) {
		return tls.Certificate{}, err
	}
	made, private, err := makeSelfSigned(now)
	if err != nil {
		return tls.Certificate{}, err
	}
	if err := replaceFile(key, private); err != nil {
		return tls.Certificate{}, err
	}
	if err := replaceFile(file, made); err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(made, private)
}

// replaceFile writes a file that nobody else may read, or leaves it as it was.
func replaceFile(file string, content []byte) error {
	if err := os.WriteFile(file+".new", content, 0o600); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// makeSelfSigned returns a certificate and its private key, in PEM.
func makeSelfSigned(now time.Time) (certificate, private []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
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
		return nil, nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return certificate, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), nil
}
