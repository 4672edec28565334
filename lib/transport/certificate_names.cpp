#include "transport/certificate_names.hpp"

#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <memory>
#include <string_view>

#include "base/free_with.hpp"
#include "base/text.hpp"

namespace ferrotunnel::transport {
namespace {

constexpr std::size_t name_length_max = 100;

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view bytes) {
    std::string text;
    if (bytes.size() == 4) {
        for (const char byte : bytes) {
            text += (text.empty() ? "" : ".") + std::to_string(static_cast<unsigned char>(byte));
        }
        return text;
    }
    for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
        std::array<char, 8> group{};
        std::snprintf(group.data(), group.size(), "%s%x", i == 0 ? "" : ":",
                      static_cast<unsigned>(static_cast<unsigned char>(bytes[i])) << 8U |
                          static_cast<unsigned char>(bytes[i + 1]));
        text += group.data();
    }
    return text;
}

std::string text_of(const GENERAL_NAME& name) {
    switch (name.type) {
        case GEN_DNS:
            return printable(bytes_of(name.d.dNSName), name_length_max);
        case GEN_IPADD:
            return address_text(bytes_of(name.d.iPAddress).substr(0, 16));
        default:
            return {};  // such as a mail address: nobody connects by that
    }
}

}  // namespace

CertificateNames names_in(X509* certificate, std::size_t most) {
    const std::unique_ptr<GENERAL_NAMES, FreeWith<GENERAL_NAMES_free>> all(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    CertificateNames names;
    const int count = all ? sk_GENERAL_NAME_num(all.get()) : 0;
    for (int i = 0; i < count; ++i) {
        std::string text = text_of(*sk_GENERAL_NAME_value(all.get(), i));
        if (!text.empty() && ++names.count <= most) {
            names.first.push_back(std::move(text));
        }
    }
    return names;
}

std::string common_name_in(X509* certificate) {
    const X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    const X509_NAME_ENTRY* entry = at < 0 ? nullptr : X509_NAME_get_entry(subject, at);
    return entry == nullptr ? std::string() : printable(bytes_of(X509_NAME_ENTRY_get_data(entry)), name_length_max);
}

}  // namespace ferrotunnel::transport
