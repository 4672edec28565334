#include "issuance/local_constraints.hpp"

#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "acme/crypto.hpp"
#include "base/bytes.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::issuance {
namespace {

using acme::require_crypto;
using SubtreePtr = std::unique_ptr<GENERAL_SUBTREE, FreeWith<GENERAL_SUBTREE_free>>;
using StringPtr = std::unique_ptr<ASN1_STRING, FreeWith<ASN1_STRING_free>>;

constexpr const char* constraints_failure = "cannot make the constraints of a CA";

using Subtrees = STACK_OF(GENERAL_SUBTREE);

void add_subtree(Subtrees*& list, int type, const std::string& bytes) {
    if (list == nullptr) {
        list = sk_GENERAL_SUBTREE_new_null();
    }
    SubtreePtr subtree(GENERAL_SUBTREE_new());
    StringPtr text(ASN1_STRING_type_new(type == GEN_DNS ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING));
    require_crypto(list != nullptr && subtree && text &&
                       ASN1_STRING_set(text.get(), bytes.data(), static_cast<int>(bytes.size())) == 1,
                   constraints_failure);
    GENERAL_NAME_set0_value(subtree->base, type, text.release());
    require_crypto(sk_GENERAL_SUBTREE_push(list, subtree.get()) > 0, constraints_failure);
    static_cast<void>(subtree.release());  // owned by the list now
}

// An address of IPv4 or IPv6, and a mask of the same length.
std::string network_bytes(const net::Address& address, std::size_t whole_bytes) {
    const std::string bytes(as_text(Bytes(address.bytes.data(), address.size())));
    return bytes + std::string(whole_bytes, '\xff') + std::string(address.size() - whole_bytes, '\0');
}

void add_address(Subtrees*& list, const std::string& text) {
    std::optional<net::Address> address = net::parse_ipv4(text);
    if (!address) {
        address = net::parse_ipv6(text);
    }
    require_crypto(address.has_value(), constraints_failure);
    add_subtree(list, GEN_IPADD, network_bytes(*address, address->size()));
}

}  // namespace

void add_name_constraints(X509* certificate, const LocalConstraints& constraints) {
    const std::unique_ptr<NAME_CONSTRAINTS, FreeWith<NAME_CONSTRAINTS_free>> all(NAME_CONSTRAINTS_new());
    require_crypto(all != nullptr, constraints_failure);
    for (const std::string& host : constraints.hosts) {
        add_subtree(all->permittedSubtrees, GEN_DNS, host);
    }
    for (const std::string& host : constraints.single) {
        add_subtree(all->permittedSubtrees, GEN_DNS, host);
        add_subtree(all->excludedSubtrees, GEN_DNS, "." + host);
    }
    add_subtree(all->permittedSubtrees, GEN_IPADD, network_bytes(net::parse_ipv4("127.0.0.0").value(), 1));
    add_address(all->permittedSubtrees, "::1");
    for (const std::string& address : constraints.addresses) {
        add_address(all->permittedSubtrees, address);
    }
    require_crypto(X509_add1_ext_i2d(certificate, NID_name_constraints, all.get(), 1, X509V3_ADD_DEFAULT) == 1,
                   constraints_failure);
}

}  // namespace ferrotunnel::issuance
