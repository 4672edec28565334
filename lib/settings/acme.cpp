#include "settings/acme.hpp"

#include <array>
#include <filesystem>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "config/secret_text.hpp"
#include "settings/rows.hpp"
#include "settings/secret.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

namespace fs = std::filesystem;
using config::Value;
using namespace std::chrono_literals;

constexpr SettingFacts of_external_account[] = {
    {.key = "id",
     .form = Form::word,
     .type = "text",
     .help = "Key identifier that the CA has issued, for a CA that requires an account of its own; for the first "
             "`directory`."},
    {.key = "hmac_key",
     .form = Form::word,
     .type = "text",
     .help = "Its key, base64url: `file:PATH`, `env:NAME` or the text itself."},
};

std::span<const SettingFacts> external_account_keys() noexcept {
    return of_external_account;
}

constexpr std::array settings_of_acme{
    Setting<Acme>{
        {.key = "email",
         .form = Form::word,
         .option = "acme",
         .operand = "EMAIL",
         .topic = https_topic,
         .brief = "Get certificates from Let's Encrypt, with this contact",
         .type = "e-mail address",
         .help = "Contact of the server's accounts at CAs. The option turns ACME on: the server gets certificates "
                 "by itself.",
         .default_text = "no contact",
         .is_live = true},
        &Acme::email},
    Setting<Acme>{{.key = "directory",
                   .form = Form::words,
                   .option = "acme-directory",
                   .operand = "URL",
                   .is_repeated = true,
                   .topic = https_topic,
                   .type = "http or https URL, or a list",
                   .help = "Directory URLs of CAs, the preferred first, up to 8: if one is down or limits, the next is "
                           "used. https, or http at a loopback address.",
                   .default_text = "https://acme-v02.api.letsencrypt.org/directory (Let's Encrypt)",
                   .is_live = true},
                  &Acme::directories},
    Setting<Acme>{{.key = "staging",
                   .form = Form::word,
                   .type = "http or https URL",
                   .help = "Directory URL for trials after a failed validation, until one succeeds there.",
                   .default_text = "that of Let's Encrypt for its names, none for other CAs",
                   .is_live = true},
                  &Acme::staging},
    Setting<Acme>{{.key = "ca_file",
                   .form = Form::path,
                   .option = "acme-ca",
                   .operand = "FILE",
                   .topic = https_topic,
                   .help = "CAs to verify the connections to `directory` against, PEM.",
                   .default_text = "the system's CAs",
                   .is_live = true},
                  &Acme::ca_file},
    Setting<Acme>{{.key = "profile",
                   .form = Form::word,
                   .option = "acme-profile",
                   .operand = "NAME",
                   .topic = https_topic,
                   .type = "id",
                   .help = "Profile of the CA for orders, such as `shortlived`.",
                   .default_text = "the CA's",
                   .is_live = true},
                  &Acme::profile},
    Setting<Acme>{{.key = "external_account",
                   .help = "Account that exists at the CA already.",
                   .is_live = true,
                   .keys = external_account_keys},
                  {},
                  [](const Acme& a, const Acme& b) { return a.external_account == b.external_account; },
                  [](Acme& into, const Acme& from) { into.external_account = from.external_account; }},
    Setting<Acme>{
        {.key = "ways",
         .form = Form::words,
         .fault = way_fault,
         .option = "acme-way",
         .operand = "TYPE",
         .is_repeated = true,
         .topic = https_topic,
         .type = "challenge type, or a list",
         .help = "How control of a name may be proven, tried in this order: tls-alpn-01 needs an HTTPS "
                 "listener at port 443, http-01 an HTTP listener at port 80, dns-persist-01 a TXT record that "
                 "stays, dns-01 `dns_command`. Only the last two can prove wildcards.",
         .default_text = "all, in this order",
         .is_live = true},
        &Acme::ways},
    Setting<Acme>{{.key = "names",
                   .form = Form::words,
                   .option = "acme-name",
                   .operand = "NAME",
                   .is_repeated = true,
                   .topic = https_topic,
                   .type = "host, wildcard or IP address, or a list",
                   .help = "Names that get certificates although no client has registered them, up to 1,000. Hosts of "
                           "clients and `domain` need not be listed.",
                   .default_text = "none",
                   .is_live = true},
                  &Acme::names},
    Setting<Acme>{
        {.key = "dns_command",
         .option = "acme-dns-command",
         .type = "text, or a list",
         .help = "Program that sets TXT records, for dns-01; one text is divided at spaces, in a list each item is an "
                 "argument. It is called with `add` or `remove`, the record's name and its value. Default: none.",
         .is_live = true},
        {},
        [](const Acme& a, const Acme& b) { return a.dns_command == b.dns_command; },
        [](Acme& into, const Acme& from) { into.dns_command = from.dns_command; }},
    Setting<Acme>{{.key = "dns_command_time",
                   .form = Form::time,
                   .min = acme_command_time_min / 1ms,
                   .max = acme_command_time_max / 1ms,
                   .help = "How long one call of `dns_command` may take, 1 s to an hour.",
                   .is_live = true},
                  &Acme::dns_command_time},
    Setting<Acme>{{.key = "dns_server",
                   .form = Form::word,
                   .type = "IP address with port",
                   .help = "DNS server for TXT records and addresses of names; the default port is 53.",
                   .default_text = "the system's",
                   .is_live = true},
                  &Acme::dns_server},
    Setting<Acme>{{.key = "http_port",
                   .form = Form::number,
                   .min = 1,
                   .max = 65'535,
                   .help = "Port where the CA connects for http-01; another one only for a CA of your own.",
                   .is_live = true},
                  &Acme::http_port},
    Setting<Acme>{{.key = "tls_port",
                   .form = Form::number,
                   .min = 1,
                   .max = 65'535,
                   .help = "Port where the CA connects for tls-alpn-01, likewise.",
                   .is_live = true},
                  &Acme::tls_port},
    Setting<Acme>{{.key = "orders_per_token",
                   .form = Form::number,
                   .max = acme_orders_settable_max,
                   .help = "Orders in 24 hours for the hosts of one token's clients. 0: only `domain` and `names` get "
                           "certificates.",
                   .is_live = true},
                  &Acme::orders_per_token},
};

// A bare name is in the folder of the file too: nothing is looked up in PATH.
std::string absolute_path(const std::string& path) {
    std::error_code ignored;
    const fs::path full = fs::absolute(path, ignored);
    return ignored ? path : full.lexically_normal().string();
}

void read_command(const Value& value, std::vector<std::string>& command) {
    std::vector<std::string> words;
    if (value.is_text()) {
        const std::optional<std::string> text = value.word();
        std::istringstream in(text.value_or(""));
        words.assign(std::istream_iterator<std::string>(in), {});
    } else {
        for (const Value& item : value.items()) {
            if (std::optional<std::string> word = item.word()) {
                words.push_back(std::move(*word));
            }
        }
        if (words.empty() && value.items().empty()) {
            value.unexpected("a program with its arguments, like [/usr/local/bin/set-record, --zone, example.com]");
        }
    }
    if (!words.empty()) {
        words.front() = absolute_path(value.in_folder(words.front()));
        command = std::move(words);
    }
}

}  // namespace

std::span<const Setting<Acme>> acme_settings() noexcept {
    return settings_of_acme;
}

std::optional<std::string> way_fault(const std::string& way) {
    return acme::read_way(way) ? std::nullopt
                               : std::optional(in_quotes(way) +
                                               " is not a challenge type; expected tls-alpn-01, http-01, "
                                               "dns-persist-01 or dns-01");
}

void read_acme_sections(SectionReader& reader, ServerValues& settings, ConfigReading& reading) {
    constexpr GroupPlace account{"acme.external_account", "acme.external_account"};
    settings.has_acme = reader.group({}).has("acme");
    if (const auto value = reader.find(account, "id")) {
        config::assign(settings.acme.external_account.id, value->word());
    }
    if (const auto value = reader.find(account, "hmac_key")) {
        config::assign(settings.acme.external_account.hmac_key,
                       config::read_secret(*value, secret_source(reading, "key")));
    }
    if (const auto value = reader.find(acme_place, "dns_command")) {
        read_command(*value, settings.acme.dns_command);
    }
}

}  // namespace ferrotunnel::detail
