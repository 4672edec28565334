// Settings of certificates from a CA: what a file says, what is checked, and its defaults.
#include "settings/acme.hpp"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "acme/challenge.hpp"
#include "ferrotunnel/config.hpp"
#include "ferrotunnel/server.hpp"
#include "settings/file.hpp"
#include "settings/https.hpp"
#include "settings/listen_addresses.hpp"
#include "settings/option.hpp"
#include "settings/rows.hpp"
#include "settings/server.hpp"
#include "settings/settings.hpp"

namespace ferrotunnel::detail {
namespace {

using namespace std::chrono_literals;

ConfigFile acme_file(const std::string& text) {
    return read_config({text, "/etc/f.yml", false, [](const std::string& name) -> std::optional<std::string> {
                            return name == "HMAC" ? std::optional<std::string>("SECRET-key_1") : std::nullopt;
                        }});
}

ConfigFile acme_section(const std::string& keys) {
    return acme_file("server:\n  acme: {" + keys + "}\n");
}

std::string acme_lines(const std::vector<Problem>& problems) {
    std::string lines;
    for (const Problem& problem : problems) {
        lines += (lines.empty() ? "" : "\n") + problem.key + ": " + problem.text;
    }
    return lines;
}

ServerSettings with_acme() {
    ServerSettings settings;
    settings.http_bind = "127.0.0.1:0";
    settings.https_bind = "127.0.0.1:0";
    settings.state_dir = "/s";
    settings.has_acme = true;
    return settings;
}

template <typename Change>
std::string server_fault(Change change) {
    ServerSettings settings = with_acme();
    change(settings);
    std::vector<Problem> problems;
    check_acme(settings, problems);
    return acme_lines(problems);
}

template <typename Change>
std::string acme_fault(Change change) {
    return server_fault([&](ServerSettings& settings) { change(settings.acme); });
}

constexpr const char* directory_fault =
    " is not the directory URL of a CA; expected https, or http at a loopback address, like "
    "https://acme-v02.api.letsencrypt.org/directory";

}  // namespace

TEST_CASE("acme: a section turns it on, also an empty one", "[acme-settings]") {
    CHECK_FALSE(ServerValues().has_acme);
    CHECK_FALSE(acme_file("server: {}\n").values.server->settings.has_acme);
    for (const char* text : {"server: {acme: {}}\n", "server:\n  acme:\n", "server: {acme: {profile: tlsserver}}\n"}) {
        INFO(text);
        const ConfigFile file = acme_file(text);
        CHECK(file.problems.empty());
        CHECK(file.values.server->settings.has_acme);
    }
    const ServerValues off = acme_file("server: {https_bind: off, acme: {email: a@x.org}}\n").values.server->settings;
    CHECK_FALSE(off.has_acme);
    CHECK(off.acme == Acme());
    CHECK(acme_lines(acme_file("server: {acme: on}\n").problems).find("server.acme: ") == 0);
}

TEST_CASE("acme: its defaults", "[acme-settings]") {
    const Acme acme = acme_section("").values.server->settings.acme;
    CHECK(acme == Acme());
    CHECK(acme.directories == std::vector<std::string>{"https://acme-v02.api.letsencrypt.org/directory"});
    CHECK(acme.dns_command_time == 120s);
    CHECK(acme.http_port == 80);
    CHECK(acme.tls_port == 443);
    CHECK(acme.orders_per_token == 50);
    std::vector<std::string> all;
    for (const acme::Way way : acme::all_ways) {
        all.emplace_back(acme::name_of(way));
    }
    CHECK(acme.ways == all);
}

TEST_CASE("acme: a file sets all of it", "[acme-settings]") {
    const ConfigFile file = acme_section(
        "email: me@example.com, directory: ['https://a.example/d', 'http://127.0.0.1:14000/dir'],\n"
        "    staging: 'https://s.example/d', ca_file: ca.pem, profile: shortlived,\n"
        "    external_account: {id: kid, hmac_key: 'env:HMAC'}, ways: [dns-01, http-01],\n"
        "    names: ['*.example.com', 192.0.2.1], dns_command: /bin/set --zone  x, dns_command_time: 1s,\n"
        "    dns_server: 192.0.2.53, http_port: 5002, tls_port: 5001, orders_per_token: 0");
    CHECK(acme_lines(file.problems).empty());
    CHECK(file.warnings.empty());
    Acme acme;
    acme.email = "me@example.com";
    acme.directories = {"https://a.example/d", "http://127.0.0.1:14000/dir"};
    acme.staging = "https://s.example/d";
    acme.ca_file = "/etc/ca.pem";
    acme.profile = "shortlived";
    acme.external_account = {"kid", "SECRET-key_1"};
    acme.ways = {"dns-01", "http-01"};
    acme.names = {"*.example.com", "192.0.2.1"};
    acme.dns_command = {"/bin/set", "--zone", "x"};
    acme.dns_command_time = 1s;
    acme.dns_server = "192.0.2.53";
    acme.http_port = 5002;
    acme.tls_port = 5001;
    acme.orders_per_token = 0;
    CHECK(file.values.server->settings.acme == acme);
    CHECK(acme_section("directory: 'https://a/d'").values.server->settings.acme.directories ==
          std::vector<std::string>{"https://a/d"});
}

TEST_CASE("acme: the program for TXT records is found without a search", "[acme-settings]") {
    const auto command = [](const std::string& text) {
        return acme_section("dns_command: " + text).values.server->settings.acme.dns_command;
    };
    CHECK(command("[set, 'two words']") == std::vector<std::string>{"/etc/set", "two words"});
    CHECK(command("'./hooks/../set  a b'") == std::vector<std::string>{"/etc/set", "a", "b"});
    CHECK(command("/usr/bin/set") == std::vector<std::string>{"/usr/bin/set"});
    CHECK_FALSE(acme_section("dns_command: []").problems.empty());
    CHECK_FALSE(acme_section("dns_command: {a: b}").problems.empty());
    CHECK_FALSE(acme_section("dns_command: [[a]]").problems.empty());
}

TEST_CASE("acme: a key in the file is warned of, and never shown", "[acme-settings]") {
    const ConfigFile file = acme_section("external_account: {id: kid, hmac_key: SECRETkey}");
    REQUIRE(file.warnings.size() == 1);
    CHECK(file.warnings[0].key == "server.acme.external_account.hmac_key");
    CHECK(file.warnings[0].text.find("SECRET") == std::string::npos);
    std::vector<Problem> problems;
    const Config config =
        Config::try_parse("server: {acme: {external_account: {id: kid, hmac_key: SECRETkey}}}\n", "f.yml", problems);
    CHECK(problems.empty());
    CHECK(config.effective().find("SECRET") == std::string::npos);
    CHECK(config.effective().find("hmac_key: \"(hidden)\"") != std::string::npos);
    for (const char* wrong : {"env:NONE", "[SECRET]", "file:/none/SECRET"}) {
        INFO(wrong);
        const ConfigFile bad = acme_section("external_account: {id: kid, hmac_key: '" + std::string(wrong) + "'}");
        CHECK((bad.problems.size() == 1 || std::string(wrong) == "[SECRET]"));
    }
}

TEST_CASE("acme: the effective configuration has its defaults only with the section", "[acme-settings]") {
    std::vector<Problem> problems;
    const auto effective = [&](const std::string& text) {
        return Config::try_parse(text, "f.yml", problems).effective();
    };
    CHECK(effective("server: {bind: '127.0.0.1:1'}\n").find("acme:") == std::string::npos);
    const std::string with = effective("server:\n  acme:\n");
    CHECK(with.find("  acme:\n") != std::string::npos);
    CHECK(with.find("    http_port: 80  # default\n") != std::string::npos);
    CHECK(with.find("    dns_command_time: 120s  # default\n") != std::string::npos);
}

TEST_CASE("acme: options set it, and need it to be on", "[acme-settings]") {
    ServerSettings settings = with_acme();
    CHECK(say(settings, {{"acme.email", {"me@example.com"}},
                         {"acme.directory", {"https://a/d", "https://b/d"}},
                         {"acme.names", {"a.example.com"}},
                         {"acme.ways", {"http-01"}},
                         {"acme.profile", {"shortlived"}}})
              .empty());
    CHECK(settings.has_acme);
    CHECK(settings.acme.email == "me@example.com");
    CHECK(settings.acme.directories == std::vector<std::string>{"https://a/d", "https://b/d"});
    CHECK(settings.acme.ways == std::vector<std::string>{"http-01"});
    CHECK(acme_lines(say(settings, {{"acme.ways", {"http"}}})) ==
          "acme.ways: \"http\" is not a challenge type; expected tls-alpn-01, http-01, dns-persist-01 or dns-01");
    CHECK(server_fault([](auto& off) {
              off.has_acme = false;
              off.acme.email = "me@example.com";
              off.acme.names = {"a.example.com"};
          }) == "acme.email: has no meaning without acme\nacme.names: has no meaning without acme");
}

TEST_CASE("acme: what it needs besides", "[acme-settings]") {
    CHECK(server_fault([](auto&) {}).empty());
    CHECK(server_fault([](auto& settings) { settings.has_acme = false; }).empty());
    CHECK(server_fault([](auto& settings) { settings.https_bind.clear(); }) ==
          "acme: needs https_bind, the address where its certificates are presented");
    CHECK(server_fault([](auto& settings) { settings.state_dir.clear(); }) ==
          "state_dir: is missing: acme keeps its accounts and certificates there; expected a folder");
}

TEST_CASE("acme: the contact is an e-mail address", "[acme-settings]") {
    const auto fault = [](const std::string& email) { return acme_fault([&](Acme& acme) { acme.email = email; }); };
    for (const char* right : {"", "a@example.com", "a.b+c@x-y.example.org", "o'neil@example.com"}) {
        INFO(right);
        CHECK(fault(right).empty());
    }
    CHECK(fault(std::string(acme_email_max - 12, 'a') + "@example.com").empty());
    CHECK(fault("admin") == "acme.email: \"admin\" is not a valid e-mail address; expected one like admin@example.com");
    for (const std::string& wrong :
         {std::string("@example.com"), std::string("a@localhost"), std::string("a@.com"), std::string("a@example."),
          std::string("a@b..c"), std::string("a@b@c.d"), std::string("a b@example.com"), std::string("a,b@example.com"),
          std::string("a@example.com,b@example.com"), std::string("a?x=y@example.com"), std::string("a%40@example.com"),
          std::string("mailto:a@example.com"), std::string("a@example.com\r\n"), std::string("\xc3\xa4@example.com"),
          std::string(acme_email_max - 11, 'a') + "@example.com"}) {
        INFO(wrong);
        CHECK_FALSE(fault(wrong).empty());
    }
}

TEST_CASE("acme: directories are URLs that may be requested", "[acme-settings]") {
    const auto fault = [](std::vector<std::string> urls) {
        return acme_fault([&](Acme& acme) { acme.directories = std::move(urls); });
    };
    CHECK(fault({"http://127.0.0.1:14000/dir", "https://ca.example/acme"}).empty());
    CHECK(fault({"http://ca.example/dir"}) ==
          "acme.directory: \"http://ca.example/dir\"" + std::string(directory_fault));
    CHECK(fault({"https://me:SECRET@"}).find("SECRET") == std::string::npos);
    CHECK(fault({"https://a/d", "https://a/d"}) == "acme.directory: lists \"https://a/d\" twice");
    CHECK(fault({}) == "acme.directory: has 0 URLs; expected 1 to 8");
    std::vector<std::string> many;
    while (many.size() < acme_directories_max) {
        many.push_back("https://ca" + std::to_string(many.size()) + ".example/d");
    }
    CHECK(fault(many).empty());
    many.emplace_back("https://one.more/d");
    CHECK(fault(many) == "acme.directory: has 9 URLs; expected 1 to 8");
    CHECK(acme_fault([](Acme& acme) { acme.staging = "ftp://x"; }) ==
          "acme.staging: \"ftp://x\"" + std::string(directory_fault));
    CHECK(acme_fault([](Acme& acme) { acme.ca_file = "/none.pem"; }) ==
          "acme.ca_file: cannot read the file \"/none.pem\": No such file or directory");
}

TEST_CASE("acme: profiles and external accounts", "[acme-settings]") {
    const auto profile = [](const std::string& name) { return acme_fault([&](Acme& acme) { acme.profile = name; }); };
    CHECK(profile("tls-server_1.0").empty());
    CHECK(profile(std::string(acme_profile_max, 'a')).empty());
    CHECK_FALSE(profile(std::string(acme_profile_max + 1, 'a')).empty());
    CHECK(profile("a b") ==
          "acme.profile: \"a b\" is not a valid profile; expected up to 64 letters, digits, \".\", "
          "\"_\" and \"-\", like shortlived");
    const auto account = [](const std::string& id, const std::string& key) {
        return acme_fault([&](Acme& acme) { acme.external_account = {id, key}; });
    };
    CHECK(account("kid", "abc-_9").empty());
    CHECK(account("kid", "abcd1w==").empty());
    CHECK(account(std::string(acme_external_max, 'a'), std::string(acme_external_max, 'a')).empty());
    const std::string missing =
        " is missing: an external account needs both `id` and `hmac_key`, as the CA has issued them";
    CHECK(account("kid", "") == "acme.external_account.hmac_key:" + missing);
    CHECK(account("", "abc") == "acme.external_account.id:" + missing);
    CHECK(account(std::string(acme_external_max + 1, 'a'), "abc") ==
          "acme.external_account.id: must have up to 512 bytes, without control characters");
    for (const std::string& wrong : {std::string("SECRET+"), std::string("SECRET==="), std::string("=="),
                                     std::string("SECRET\n"), std::string(acme_external_max + 1, 'a')}) {
        INFO(wrong);
        CHECK(account("kid", wrong) ==
              "acme.external_account.hmac_key: is not base64url (letters, digits, \"-\" and \"_\"), as CAs issue such "
              "keys");
    }
}

TEST_CASE("acme: at least one way must be possible", "[acme-settings]") {
    const auto fault = [](std::vector<std::string> ways) {
        return acme_fault([&](Acme& acme) { acme.ways = std::move(ways); });
    };
    CHECK(fault({"http-01"}).empty());
    CHECK(fault({"dns-persist-01"}).empty());
    CHECK(fault({"dns-01", "http-01"}).empty());
    CHECK(fault({}) == "acme.ways: is empty; expected at least one challenge type, like tls-alpn-01");
    CHECK(fault({"http-01", "http-01"}) == "acme.ways: lists http-01 twice");
    CHECK(fault({"dns"}) ==
          "acme.ways: \"dns\" is not a challenge type; expected tls-alpn-01, http-01, dns-persist-01 or dns-01");
    CHECK(fault({"dns-01"}) ==
          "acme.ways: none of these is possible here: http-01 needs http_bind, dns-01 needs dns_command");
    const auto possible = [](const ServerSettings& settings) {
        std::string names;
        for (const acme::Way way : possible_ways(settings)) {
            names += std::string(acme::name_of(way)) + ' ';
        }
        return names;
    };
    ServerSettings settings = with_acme();
    CHECK(possible(settings) == "tls-alpn-01 http-01 dns-persist-01 ");
    settings.http_bind.clear();
    settings.acme.dns_command = {"/bin/true"};
    CHECK(possible(settings) == "tls-alpn-01 dns-persist-01 dns-01 ");
    settings.https_bind.clear();
    settings.acme.ways = {"dns-01", "tls-alpn-01"};
    CHECK(possible(settings) == "dns-01 ");
}

TEST_CASE("acme: names that a CA certifies, each with a way to prove it", "[acme-settings]") {
    const auto fault = [](const std::string& name, std::vector<std::string> ways) {
        return acme_fault([&](Acme& acme) {
            acme.names = {name};
            acme.ways = std::move(ways);
        });
    };
    const std::string unprovable = " cannot be proven by any of `ways` that is possible here: ";
    CHECK(fault("a.example.com", {"http-01"}).empty());
    CHECK(fault("*.example.com", {"http-01", "dns-persist-01"}).empty());
    CHECK(fault("192.0.2.1", {"http-01"}).empty());
    CHECK(fault("*.example.com", {"http-01", "dns-01"}) ==
          "acme.names: \"*.example.com\"" + unprovable + "a wildcard needs dns-persist-01, or dns-01 with dns_command");
    CHECK(fault("192.0.2.1", {"dns-persist-01"}) ==
          "acme.names: \"192.0.2.1\"" + unprovable + "an IP address needs tls-alpn-01, or http-01 with http_bind");
    for (const char* wrong : {"localhost", "com", "a b.example", "*.*.example.com", "https://a.example.com", ""}) {
        INFO(wrong);
        CHECK(fault(wrong, {"http-01"}) == "acme.names: \"" + std::string(wrong) +
                                               "\" is not a name that a CA certifies; expected a host like "
                                               "app.example.com, a wildcard like *.example.com, or an IP address");
    }
    std::vector<std::string> many;
    while (many.size() < acme_names_max) {
        many.push_back("h" + std::to_string(many.size()) + ".example.com");
    }
    CHECK(acme_fault([&](Acme& acme) { acme.names = many; }).empty());
    many.emplace_back("one.more.example");
    CHECK(acme_fault([&](Acme& acme) { acme.names = many; }) == "acme.names: has more than 1000 names");
}

TEST_CASE("acme: the program and the server for DNS", "[acme-settings]") {
    const auto fault = [](std::vector<std::string> command) {
        return acme_fault([&](Acme& acme) { acme.dns_command = std::move(command); });
    };
    std::vector<std::string> words(acme_command_words_max, "x");
    words.front() = "/bin/sh";
    CHECK(fault(words).empty());
    words.emplace_back("x");
    CHECK(fault(words) == "acme.dns_command: has more than 64 words");
    CHECK(fault({"sh"}) == "acme.dns_command: the program \"sh\" needs an absolute path");
    CHECK(fault({"/none/sh"}) == "acme.dns_command: cannot run the program \"/none/sh\": No such file or directory");
    CHECK(acme_fault([](Acme& acme) {
              acme.dns_command = {"/bin/sh"};
              acme.ways = {"http-01"};
          }) == "acme.dns_command: has no meaning without dns-01 in `ways`");
    for (const auto time : {999ms, 3'600'001ms}) {
        CHECK(acme_fault([&](Acme& acme) { acme.dns_command_time = time; }) ==
              "acme.dns_command_time: expected a time from 1s to 1h");
    }
    ServerSettings settings = with_acme();
    std::vector<Problem> problems;
    settings.acme.dns_server = "[2001:db8::53]";
    check_acme(settings, problems);
    CHECK(problems.empty());
    CHECK(settings.acme.dns_server == "[2001:db8::53]:53");
    for (const char* wrong : {"dns.example", "192.0.2.53:0", ":53"}) {
        INFO(wrong);
        CHECK(acme_fault([&](Acme& acme) { acme.dns_server = wrong; }) ==
              "acme.dns_server: \"" + std::string(wrong) +
                  "\" is not a valid address of a DNS server; expected one like 192.0.2.53 or [2001:db8::53]:53");
    }
}

TEST_CASE("acme: numbers have bounds", "[acme-settings]") {
    CHECK(acme_fault([](Acme& acme) { acme.http_port = 0; }) ==
          "acme.http_port: expected a number from 1 to 65535, found 0");
    CHECK(acme_fault([](Acme& acme) { acme.tls_port = 0; }) ==
          "acme.tls_port: expected a number from 1 to 65535, found 0");
    CHECK(acme_fault([](Acme& acme) { acme.orders_per_token = acme_orders_settable_max; }).empty());
    CHECK(acme_fault([](Acme& acme) { acme.orders_per_token = acme_orders_settable_max + 1; }) ==
          "acme.orders_per_token: expected a number from 0 to 10000, found 10001");
}

TEST_CASE("acme: what other clients of a CA need", "[acme-settings]") {
    const ConfigFile file =
        acme_file("server: {http: {acme_webroot: www}, https: {acme_tls_backend: '127.0.0.1:4443'}}\n");
    CHECK(file.problems.empty());
    CHECK(file.values.server->settings.http.acme_webroot == "/etc/www");
    CHECK(file.values.server->settings.https.acme_tls_backend == "127.0.0.1:4443");
    CHECK_FALSE(file.values.server->settings.has_acme);
    const auto checked = [](const std::string& address) {
        ServerSettings settings;
        settings.https_bind = "127.0.0.1:0";
        settings.https.acme_tls_backend = address;
        std::vector<Problem> problems;
        check_https(settings, problems);
        return problems.empty() ? settings.https.acme_tls_backend : acme_lines(problems);
    };
    CHECK(checked("").empty());
    CHECK(checked("localhost:4443") == "127.0.0.1:4443");
    CHECK(checked("[::1]:4443") == "[::1]:4443");
    for (const char* wrong : {"127.0.0.1", "certbot:4443", "127.0.0.1:0", ":4443"}) {
        INFO(wrong);
        CHECK(checked(wrong) == "https.acme_tls_backend: \"" + std::string(wrong) +
                                    "\" is not a valid IP address with a port; expected one like 127.0.0.1:4443");
    }
}

TEST_CASE("acme: a change of each part is noticed, and live", "[acme-settings]") {
    const ServerValues before;
    ServerValues now;
    now.has_acme = true;
    now.acme.external_account = {"kid", "key"};
    now.acme.dns_command = {"/bin/sh"};
    const std::vector<SettingChange> changes = changes_between("server", before, now);
    CHECK(changes == std::vector<SettingChange>{{"server.acme", true},
                                                {"server.acme.external_account", true},
                                                {"server.acme.dns_command", true}});
    ServerValues taken;
    copy_live(taken, now);
    CHECK(taken == now);
}

TEST_CASE("acme: fallback addresses", "[acme-settings]") {
    ServerValues settings;
    std::vector<Problem> problems;
    settings.http_fallback = "0.0.0.0:8080";
    settings.https_fallback = "[::]:08443";
    check_fallbacks(settings, problems);
    CHECK(problems.empty());
    CHECK(settings.https_fallback == "[::]:8443");
    settings.http_fallback = "nowhere:1";
    settings.https_fallback = "0.0.0.0";
    check_fallbacks(settings, problems);
    CHECK(acme_lines(problems) ==
          "http_bind: \"nowhere:1\" is not a valid address to fall back to; expected one like 0.0.0.0:8080\n"
          "https_bind: \"0.0.0.0\" is not a valid address to fall back to; expected one like 0.0.0.0:8080");
}

TEST_CASE("acme: a client of the same file may have HTTP services", "[acme-settings]") {
    const std::string client =
        "client: {server: 127.0.0.1, services: [{tls: a.example.com, local: 1}, {http: b.example.com, local: 1}]}\n";
    CHECK(acme_file("server: {http_bind: off, acme: {}}\n" + client).problems.empty());
    CHECK(acme_file("server: {http_bind: off}\n" + client).problems.size() == 2);
}

}  // namespace ferrotunnel::detail
