#include "acme/certificate_request.hpp"

#include <openssl/crypto.h>

#include "acme/crypto.hpp"

namespace ferrotunnel::acme {
namespace {

void free_extensions(STACK_OF(X509_EXTENSION) * extensions) noexcept {
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}

using RequestPtr = std::unique_ptr<X509_REQ, FreeWith<X509_REQ_free>>;
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), FreeWith<free_extensions>>;

// The only extension. It is critical because the subject is empty (RFC 5280, 4.1.2.6): the common name has no room for
// long names, and CAs reject addresses there.
void add_names(X509_REQ* request, const Identifiers& names) {
    STACK_OF(X509_EXTENSION)* list = nullptr;
    const GeneralNamesPtr all = general_names(names);
    const bool made = X509V3_add1_i2d(&list, NID_subject_alt_name, all.get(), 1, X509V3_ADD_DEFAULT) == 1;
    const ExtensionsPtr extensions(list);
    require_crypto(made && X509_REQ_add_extensions(request, extensions.get()) == 1,
                   "cannot make a certificate signing request");
}

std::string encoded_request(X509_REQ* request) {
    unsigned char* der = nullptr;
    const int length = i2d_X509_REQ(request, &der);
    require_crypto(length > 0, "cannot encode a certificate signing request");
    std::string text(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    return text;
}

}  // namespace

std::string make_certificate_request(const Key& key, const Identifiers& names) {
    const RequestPtr request(X509_REQ_new());
    require_crypto(request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
                       X509_REQ_set_pubkey(request.get(), key.native()) == 1,
                   "cannot make a certificate signing request");
    add_names(request.get(), names);
    require_crypto(X509_REQ_sign(request.get(), key.native(), EVP_sha256()) > 0,
                   "cannot sign a certificate signing request");
    return encoded_request(request.get());
}

}  // namespace ferrotunnel::acme
