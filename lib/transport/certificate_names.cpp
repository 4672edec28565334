#include "transport/certificate_names.hpp"

#include <arpa/inet.h>

#include <array>
#include <cstdio>
#include <utility>

#include "base/text.hpp"

namespace ferrotunnel::transport {
namespace {

constexpr std::size_t name_length_max = 100;

// All groups of an IPv6 address, without "::".
std::string groups_text(std::string_view bytes) {
    std::string text;
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
        case GEN_IPADD: {
            const std::string_view bytes = bytes_of(name.d.iPAddress).substr(0, 16);
            return bytes.size() == 4 ? address_text(bytes) : groups_text(bytes);
        }
        default:
            return {};  // such as a mail address: nobody connects by that
    }
}

}  // namespace

bool has_host(X509* certificate, std::string_view host) noexcept {
    return X509_check_host(certificate, host.data(), host.size(), name_check_flags, nullptr) == 1;
}

GeneralNamesPtr alternative_names(X509* certificate) {
    return GeneralNamesPtr(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
}

std::string_view bytes_of(const ASN1_STRING* text) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
            static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::string address_text(std::string_view bytes) {
    std::array<char, INET6_ADDRSTRLEN> text;
    const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
    const bool is_address = bytes.size() == 4 || bytes.size() == 16;
    return is_address && inet_ntop(family, bytes.data(), text.data(), text.size()) != nullptr ? text.data()
                                                                                              : std::string();
}

CertificateNames names_in(X509* certificate, std::size_t most) {
    const GeneralNamesPtr all = alternative_names(certificate);
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
