// `server.https`: certificates, and what visitors without TLS get.
#include <utility>

#include "base/limits.hpp"
#include "settings/keys_sections.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;

// The file of a chain with its key, or both files.
std::optional<Certificate> read_certificate(const Value& value) {
    Certificate certificate;
    if (!value.is_group()) {
        const auto path = value.path();
        assign(certificate.chain, path);
        return path ? std::optional(certificate) : std::nullopt;
    }
    Section section = value.section();
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
    Section section = value.section();
    const auto host = section.find("host");
    const auto ca = section.find("ca");
    const auto required = section.find("required");
    section.finish();
    if (!host || !ca) {
        value.problem("`host` and `ca` are needed: for which host, and the file of the CAs");
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

// `on` is what suits most.
void read_redirect(const Value& value, std::uint16_t& status) {
    static const std::vector<std::string> choices{"off", "on", "301", "302", "307", "308"};
    static constexpr std::uint16_t statuses[] = {0, 308, 301, 302, 307, 308};
    if (const auto choice = value.choice(choices)) {
        status = statuses[*choice];
    }
}

}  // namespace

config::Section SectionReader::group(Section& section, const std::string& key, const std::string& setting) {
    static const config::Node nothing{config::Node::Kind::map, {}, {}, {}, {}};
    const std::optional<Value> value = find_in(section, key, setting);
    return value ? value->section() : Section(nothing, section.context(), section.path_of(key), section.place());
}

void SectionReader::read_hsts(Section& https, std::optional<Hsts>& hsts) {
    const bool is_there = https.has("hsts");
    Section section = group(https, "hsts", {});
    Hsts said;
    if (auto value = find_in(section, "max_age", "https.hsts.max_age")) {
        if (const auto time = value->time(limits::http_hsts_max_age_max)) {
            said.max_age = std::chrono::duration_cast<std::chrono::seconds>(*time);
        }
    }
    if (auto value = section.find("include_subdomains")) {
        assign(said.include_subdomains, value->boolean());
    }
    if (auto value = find_in(section, "preload", "https.hsts.preload")) {
        assign(said.preload, value->boolean());
    }
    section.finish();
    if (is_there) {
        hsts = said;
    }
}

void SectionReader::read_https(Https& https) {
    Section section = group(section_, "https", "https");
    if (auto value = find_in(section, "certificates", "https.certificates")) {
        for (const Value& item : value->items_or_single()) {
            if (auto certificate = read_certificate(item)) {
                https.certificates.push_back(std::move(*certificate));
            }
        }
    }
    if (auto value = find_in(section, "folders", "https.folders")) {
        for (const Value& item : value->items_or_single()) {
            if (auto path = item.path()) {
                https.folders.push_back(std::move(*path));
            }
        }
    }
    if (auto value = find_in(section, "fallback", "https.fallback")) {
        https.fallback = read_certificate(*value);
    }
    if (auto value = find_in(section, "grade", "https.grade")) {
        if (const auto grade = value->choice({"modern", "intermediate"})) {
            https.grade = *grade == 0 ? TlsGrade::modern : TlsGrade::intermediate;
        }
    }
    if (auto value = find_in(section, "client_certificates", "https.client_certificates")) {
        for (const Value& item : value->items_or_single()) {
            if (auto rule = read_client_certificates(item)) {
                https.client_certificates.push_back(std::move(*rule));
            }
        }
    }
    if (auto value = find_in(section, "reload_interval", "https.reload_interval")) {
        assign(https.reload_interval, value->time());
    }
    if (auto value = find_in(section, "handshakes_per_second", "https.handshakes_per_second")) {
        assign(https.handshakes_per_second, value->number(0, limits::visitor_handshakes_settable_max));
    }
    if (auto value = find_in(section, "public_port", "https.public_port")) {
        assign(https.public_port, value->number(0, 65'535));
    }
    if (auto value = find_in(section, "redirect", "https.redirect")) {
        read_redirect(*value, https.redirect);
    }
    read_hsts(section, https.hsts);
    section.finish();
}

}  // namespace ferrotunnel::detail
