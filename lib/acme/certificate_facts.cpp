#include "acme/certificate_facts.hpp"

#include <openssl/asn1.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <ctime>

#include "acme/crypto.hpp"
#include "acme/limits.hpp"
#include "base/base64url.hpp"
#include "base/bytes.hpp"
#include "base/text.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::acme {
namespace {

std::string_view octets_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string ip_name(std::string_view octets) {
    net::Address address;
    address.family = octets.size() == 4 ? 4 : octets.size() == 16 ? 6 : 0;
    if (address.family == 0) {
        return "an IP address of " + std::to_string(octets.size()) + " bytes";
    }
    std::copy(octets.begin(), octets.end(), address.bytes.begin());
    return net::ip_text(address);
}

std::string dns_name(std::string_view octets) {
    std::string name = printable(octets, limits::text_max);
    for (char& c : name) {
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    // An address as a DNS name is valid for nothing, and must not be mistaken for an address.
    return net::parse_ipv4(name) || net::parse_ipv6(name) ? "DNS:" + name : name;
}

std::string text_of_name(const GENERAL_NAME& name) {
    switch (name.type) {
        case GEN_DNS:
            return dns_name(octets_of(name.d.dNSName));
        case GEN_IPADD:
            return ip_name(octets_of(name.d.iPAddress));
        case GEN_EMAIL:
            return "email:" + printable(octets_of(name.d.rfc822Name), limits::text_max);
        case GEN_URI:
            return "URI:" + printable(octets_of(name.d.uniformResourceIdentifier), limits::text_max);
        default:
            return "a name of another kind";
    }
}

// The content of the INTEGER, which has a zero byte in front if the number would be negative otherwise.
std::string serial_of(const X509* certificate) {
    unsigned char* der = nullptr;
    const int length = i2d_ASN1_INTEGER(X509_get0_serialNumber(certificate), &der);
    if (length <= 0) {
        return {};
    }
    const std::string encoded(reinterpret_cast<const char*>(der), static_cast<std::size_t>(length));
    OPENSSL_free(der);
    const unsigned char* at = as_bytes(encoded).data();
    long content = 0;
    int tag = 0;
    int kind = 0;
    if ((ASN1_get_object(&at, &content, &tag, &kind, length) & 0x80) != 0) {
        return {};
    }
    return encoded.substr(encoded.size() - static_cast<std::size_t>(content));
}

}  // namespace

std::vector<std::string> names_of(const X509* certificate) {
    const GeneralNamesPtr all(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> names;
    const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
    for (int i = 0; i < count; ++i) {
        names.push_back(text_of_name(*sk_GENERAL_NAME_value(all.get(), i)));
    }
    std::sort(names.begin(), names.end());
    names.erase(std::unique(names.begin(), names.end()), names.end());
    return names;
}

WallTime time_of(const ASN1_TIME* time) {
    using std::chrono::seconds;
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return {};
    }
    // 99991231235959Z, which means that a certificate does not expire, is more than a count of nanoseconds can be.
    constexpr auto first = std::chrono::ceil<seconds>(WallTime::min().time_since_epoch());
    constexpr auto last = std::chrono::floor<seconds>(WallTime::max().time_since_epoch());
    return WallTime(std::clamp(seconds(::timegm(&parts)), first, last));
}

std::string renewal_id_of(X509* certificate) {
    const ASN1_OCTET_STRING* key_identifier = X509_get0_authority_key_id(certificate);
    return key_identifier == nullptr ? std::string()
                                     : renewal_id_text(octets_of(key_identifier), serial_of(certificate));
}

std::string renewal_id_text(std::string_view key_identifier, std::string_view serial) {
    const auto fits = [](std::string_view part) { return !part.empty() && part.size() <= limits::renewal_id_part_max; };
    return fits(key_identifier) && fits(serial)
               ? encode_base64url(as_bytes(key_identifier)) + "." + encode_base64url(as_bytes(serial))
               : std::string();
}

}  // namespace ferrotunnel::acme
