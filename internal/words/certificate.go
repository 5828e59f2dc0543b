package words

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
)

// Certificate names a certificate that was not accepted and who issued it, which is
// often a proxy.
func Certificate(err *tls.CertificateVerificationError) string {
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
