package awsclient

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/aws/smithy-go"

	"qovery-key-rotation/internal/words"
)

// network tells whether there was no whole answer, and why, in its own words:
// errors of net/http can quote what the other side sent.
func network(err error) (bool, string) {
	var (
		canceled interface{ CanceledError() bool }
		timeout  interface{ Timeout() bool }
		name     *net.DNSError
		number   syscall.Errno
		other    net.Error
	)
	switch {
	case errors.Is(err, context.Canceled), errors.As(err, &canceled) && canceled.CanceledError():
		return true, "the function's time is over"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return true, "it took too long"
	case errors.As(err, &name):
		return true, "the host's name cannot be resolved"
	case errors.As(err, &number): // the words are the operating system's
		return true, number.Error()
	case errors.Is(err, io.EOF) && !isRead(err), errors.Is(err, io.ErrUnexpectedEOF):
		return true, "the connection ended before the answer did"
	case errors.As(err, &other):
		return true, "the connection failed"
	}
	return false, ""
}

// refused names the certificate that was not accepted and who issued it, which is
// often a proxy.
func refused(err *tls.CertificateVerificationError) string {
	var (
		invalid x509.CertificateInvalidError
		host    x509.HostnameError
	)
	if len(err.UnverifiedCertificates) == 0 {
		return "the server's certificate is not accepted"
	}
	c := err.UnverifiedCertificates[0]
	name := words.Quote(cmp.Or(c.Subject.String(), strings.Join(c.DNSNames, " ")))
	switch {
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate %s is valid from %s to %s only", name, words.At(invalid.Cert.NotBefore),
			words.At(invalid.Cert.NotAfter))
	case errors.As(err, &host):
		return fmt.Sprintf("the certificate %s, issued by %s, is not for %s", name, words.Quote(c.Issuer.String()), host.Host)
	}
	return fmt.Sprintf("the certificate %s, issued by %s, is not trusted here", name, words.Quote(c.Issuer.String()))
}

// isRead tells that the answer arrived, and was read. An io.EOF is then the
// decoder's, who found no document in it; a cut answer is io.ErrUnexpectedEOF.
func isRead(err error) bool {
	var unreadable *smithy.DeserializationError
	return errors.As(err, &unreadable)
}
