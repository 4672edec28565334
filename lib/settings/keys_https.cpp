// `server.https`: certificates, client certificates, and HSTS.
#include <utility>

#include "base/limits.hpp"
#include "settings/key_tables.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;

// Reads a file with chain and key, or two files.
std::optional<Certificate> read_certificate(const Value& value) {
    Certificate certificate;
    if (!value.is_group()) {
        const auto path = value.path();
        assign(certificate.chain, path);
        return path ? std::optional(certificate) : std::nullopt;
    }
    Section section = section_of(value, certificate_keys());
    const auto chain = section.find("chain");
    const auto key = section.find("key");
    section.finish();
    if (!chain) {
        value.problem("`chain` is missing: the file of the certificate");
        return std::nullopt;
    }
    const auto chain_path = chain->path();
    const auto key_path = key ? key->path() : std::nullopt;
    if (!chain_path || (key && !key_path)) {
        return std::nullopt;
    }
    certificate.chain = *chain_path;
    certificate.key = key_path.value_or("");
    return certificate;
}

std::optional<ClientCertificates> read_client_certificates(const Value& value) {
    if (!value.is_group()) {
        value.unexpected("a rule, like {host: app.example.com, ca: staff.pem}");
        return std::nullopt;
    }
    Section section = section_of(value, client_certificate_keys());
    const auto host = section.find("host");
    const auto ca = section.find("ca");
    const auto required = section.find("required");
    section.finish();
    if (!host || !ca) {
        value.problem("`host` and `ca` are required: the host of the rule, and the file of the CAs");
        return std::nullopt;
    }
    const auto name = host->word();
    const auto path = ca->path();
    const auto must = required ? required->boolean() : std::nullopt;
    if (!name || !path || (required && !must)) {
        return std::nullopt;
    }
    return ClientCertificates{*name, *path, must.value_or(true)};
}

void read_hsts(SectionReader& reader, std::optional<Hsts>& hsts) {
    constexpr GroupPlace place{"https.hsts", "https.hsts"};
    const bool is_there = reader.group(https_place).has("hsts");
    Hsts said;
    if (auto value = reader.find(place, "max_age")) {
        if (const auto time = value->time(limits::http_hsts_max_age_max)) {
            said.max_age = std::chrono::duration_cast<std::chrono::seconds>(*time);
        }
    }
    if (auto value = reader.find(place, "include_subdomains")) {
        assign(said.include_subdomains, value->boolean());
    }
    if (auto value = reader.find(place, "preload")) {
        assign(said.preload, value->boolean());
    }
    if (is_there) {
        hsts = said;
    }
}

}  // namespace

void read_https_sections(SectionReader& reader, Https& https) {
    if (auto value = reader.find(https_place, "certificates")) {
        for (const Value& item : value->items_or_single()) {
            if (auto certificate = read_certificate(item)) {
                https.certificates.push_back(std::move(*certificate));
            }
        }
    }
    if (auto value = reader.find(https_place, "fallback")) {
        https.fallback = read_certificate(*value);
    }
    if (auto value = reader.find(https_place, "client_certificates")) {
        for (const Value& item : value->items_or_single()) {
            if (auto rule = read_client_certificates(item)) {
                https.client_certificates.push_back(std::move(*rule));
            }
        }
    }
    read_hsts(reader, https.hsts);
}

}  // namespace ferrotunnel::detail
