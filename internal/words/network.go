package words

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
)

// Network says why there was no answer, or "" where the network isn't why. The words are
// its own: errors of net/http can quote what the other side sent, and a server can send
// back what it was given. How long was waited, who asked knows.
func Network(err error) string {
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		number      syscall.Errno
		operation   *net.OpError
		other       net.Error
	)
	switch {
	case errors.As(err, &name):
		return "the host's name can't be resolved"
	case errors.As(err, &certificate):
		return serverCertificate(certificate)
	case errors.As(err, &number): // the words are the operating system's
		return fmt.Sprintf("the connection failed (%s)", number.Error())
	case errors.As(err, &operation) && operation.Op == "dial":
		return "no connection could be made"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection ended before the answer did"
	case errors.As(err, &other):
		return "the connection failed"
	}
	return ""
}

// serverCertificate names a certificate that was not accepted and who issued it, which is
// often a proxy.
func serverCertificate(err *tls.CertificateVerificationError) string {
	var (
		invalid x509.CertificateInvalidError
		host    x509.HostnameError
	)
	if len(err.UnverifiedCertificates) == 0 {
		return "the server's certificate is not accepted"
	}
	c := err.UnverifiedCertificates[0]
	name := Quote(cmp.Or(c.Subject.String(), strings.Join(c.DNSNames, " ")))
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate %s is valid from %s to %s only", name, At(invalid.Cert.NotBefore),
			At(invalid.Cert.NotAfter))
	case errors.As(err, &host):
		return fmt.Sprintf("the certificate %s, issued by %s, is not for %s", name, Quote(c.Issuer.String()), host.Host)
	}
	return fmt.Sprintf("the certificate %s, issued by %s, is not trusted here", name, Quote(c.Issuer.String()))
}
