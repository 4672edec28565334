// Each limit of an import, and the work that a large file makes.
#include <stdlib.h>

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "cli/import/limits.hpp"
#include "cli/import/readers.hpp"
#include "cli/import/visits.hpp"
#include "cli/password_hash.hpp"
#include "ferrotunnel/secret.hpp"
#include "frp_support.hpp"
#include "reading.hpp"

using namespace ferrotunnel::cli::importing;
using frp_test::contains;

namespace {

std::string repeated(std::size_t count, const std::string& before, const std::string& after) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) {
        text += before + std::to_string(i) + after;
    }
    return text;
}

/// The work of reading a text.
std::size_t visits_of(Draft (*read)(std::span<const Source>), const std::string& text, Format format) {
    const std::vector<Source> sources{parse_source("f", text, format)};
    visit_count = 0;
    read(sources);
    return visit_count;
}

/// Twice the size makes twice the work, with a margin for indexes.
void check_linear(Draft (*read)(std::span<const Source>), Format format, std::string (*make)(std::size_t)) {
    constexpr std::size_t small = 1'000;
    const std::size_t one = visits_of(read, make(small), format);
    const std::size_t two = visits_of(read, make(2 * small), format);
    CAPTURE(one, two);
    CHECK(two <= 2 * one + small);
    CHECK(one <= 300 * small);
}

std::string loops(std::size_t depth, std::size_t rounds, const std::string& body) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) {
        text += "{{ range $v := parseNumberRange \"";
        for (std::size_t k = 0; k < rounds; ++k) {
            text += (k == 0 ? "" : ",") + std::to_string(2 * k + 1);
        }
        text += "\" }}";
    }
    text += body;
    for (std::size_t i = 0; i < depth; ++i) {
        text += "{{ end }}";
    }
    return text + "\n";
}

}  // namespace

TEST_CASE("limit: a client gets as much metadata as a server accepts", "[import][limits]") {
    const auto lost_of = [](const std::string& lines) {
        const Reading reading = read_toml(read_frp, {"serverAddr = \"edge\"\nauth.token = \"t\"\n" + lines});
        return std::pair(reading.draft.client.find("metadata")->children().size(), reading.draft.lost.size());
    };
    CHECK(lost_of(repeated(metadata_pairs_max, "metadatas.a", " = \"1\"\n")) == std::pair(metadata_pairs_max, 0UL));
    CHECK(lost_of(repeated(metadata_pairs_max + 2, "metadatas.a", " = \"1\"\n")) == std::pair(metadata_pairs_max, 2UL));
    const auto pair_of = [](std::size_t key, std::size_t value) {
        return "metadatas." + std::string(key, 'a') + " = \"" + std::string(value, 'b') + "\"\n";
    };
    const std::string small = pair_of(1, 1);
    CHECK(lost_of(small + pair_of(metadata_key_max, metadata_value_max)) == std::pair(2UL, 0UL));
    CHECK(lost_of(small + pair_of(metadata_key_max + 1, 1)) == std::pair(1UL, 1UL));
    CHECK(lost_of(small + pair_of(2, metadata_value_max + 1)) == std::pair(1UL, 1UL));
    const std::string most = pair_of(61, 256) + pair_of(62, 256) + pair_of(63, 256);  // 954 bytes
    CHECK(lost_of(most + pair_of(1, metadata_bytes_max - 955)) == std::pair(4UL, 0UL));
    CHECK(lost_of(most + pair_of(1, metadata_bytes_max - 954)) == std::pair(3UL, 1UL));
}

TEST_CASE("the work grows with the size of a file", "[import][limits]") {
    check_linear(read_frp, Format::toml,
                 [](std::size_t n) { return "serverAddr = \"edge\"\n" + repeated(n, "metadatas.a", " = \"1\"\n"); });
    check_linear(read_frp, Format::toml,
                 [](std::size_t n) { return "serverAddr = \"edge\"\n" + repeated(n, "unknown", " = 1\n"); });
    check_linear(read_frp, Format::toml, [](std::size_t n) {
        return frp_test::with_proxy(
            "name = \"a\"\ntype = \"http\"\nlocalPort = 80\ncustomDomains = [\"a.example.net\"]\n" +
            repeated(n, "requestHeaders.set.x-", " = \"1\"\n"));
    });
    check_linear(read_frp, Format::toml, [](std::size_t n) {
        std::string text = "serverAddr = \"edge\"\nstart = [" + repeated(n, "\"p", "\",") + "]\n";
        for (std::size_t i = 0; i < n; ++i) {
            text += "[[proxies]]\nname = \"p" + std::to_string(i) + "\"\nlocalPort = 1\n";
        }
        return text;
    });
    check_linear(read_frp, Format::ini, [](std::size_t n) {
        return "[common]\nserver_addr = edge\n" + repeated(n, "meta_a", " = 1\n") + repeated(n, "unknown", " = 1\n") +
               repeated(n, "[p", "]\nlocal_port = 1\n");
    });
    check_linear(read_ngrok, Format::yaml,
                 [](std::size_t n) { return "tunnels:\n" + repeated(n, "  t", ": {proto: tcp, addr: 22}\n"); });
    check_linear(read_ngrok, Format::yaml, [](std::size_t n) {
        return "endpoints:\n  - upstream: {url: 80}\n    traffic_policy:\n      on_http_request:\n        - actions:\n"
               "            - type: add-headers\n              config:\n                headers:\n" +
               repeated(n, "                  x-", ": 1\n");
    });
    const std::string services =
        "[server]\nbind_addr = \"0.0.0.0:1\"\n" +
        repeated(secrets_max + 1, "[server.services.a", "]\nbind_addr = \"0.0.0.0:2\"\ntoken = \"t\"\n");
    CHECK_NOTHROW(read_toml(read_rathole, {services}));
    std::string tokens = "[server]\nbind_addr = \"0.0.0.0:1\"\n";
    for (std::size_t i = 0; i <= secrets_max; ++i) {
        const std::string number = std::to_string(i);
        tokens += "[server.services.a" + number + "]\nbind_addr = \"0.0.0.0:2\"\ntoken = \"" + number + "\"\n";
    }
    CHECK_THROWS_WITH(read_toml(read_rathole, {tokens}), Catch::Contains("more than 1,000 secrets"));
    check_linear(read_rathole, Format::toml, [](std::size_t n) {
        std::string text =
            "[server]\nbind_addr = \"0.0.0.0:1\"\ndefault_token = \"t\"\n[client]\nremote_addr = \"edge:1\"\n"
            "default_token = \"t\"\n";
        for (std::size_t i = 0; i < n; ++i) {
            const std::string number = std::to_string(i);
            text += "[server.services.a" + number + "]\nbind_addr = \"0.0.0.0:" + std::to_string(2000 + i) +
                    "\"\n[client.services.a" + number + "]\nlocal_addr = \"127.0.0.1:22\"\n";
        }
        return text;
    });
}

TEST_CASE("limits of templates", "[source][limits]") {
    const auto read = [](const std::string& text) { return parse_source("f", text, Format::ini); };
    CHECK_NOTHROW(read(loops(1, rounds_max, "\n")));
    CHECK_THROWS_WITH(read(loops(1, rounds_max + 1, "\n")), Catch::Contains("more than 1,000"));
    CHECK_NOTHROW(read(loops(loops_max, 1, "\n")));
    CHECK_THROWS_WITH(read(loops(loops_max + 1, 1, "\n")), Catch::Contains("too many loops"));
    static_assert(all_rounds_max == 100'000);
    CHECK_NOTHROW(read(loops(3, 45, "\n")));
    CHECK_THROWS_WITH(read(loops(3, 47, "\n")), Catch::Contains("too many loops"));
    const std::string line(1'000, '#');
    CHECK_NOTHROW(read(loops(1, rounds_max, line + "\n")));
    CHECK_THROWS_WITH(read(loops(2, 80, line + "\n")), Catch::Contains("4 MiB"));
    const auto expression = [](std::size_t size) {
        return "a = {{ .Envs." + std::string(size - std::string(".Envs.").size(), 'A') + " }}\n";
    };
    CHECK(read(expression(expression_max)).templates.empty());
    CHECK_FALSE(read(expression(expression_max + 1)).templates.empty());
}

TEST_CASE("limits of dotted keys", "[source][limits]") {
    const auto key = [](std::size_t dots) { return "a" + repeated(dots, ".a", ""); };
    CHECK_THROWS_WITH(parse_source("f", key(key_parts_max + 1) + " = 1\n", Format::toml),
                      Catch::Contains("more than 100"));
    CHECK_NOTHROW(parse_source("f", key(source_depth_max - 2) + " = 1\n", Format::toml));
    std::string dots;
    for (std::size_t i = 0; i <= line_dots_max; ++i) {
        dots += ".=";
    }
    CHECK_THROWS_AS(parse_source("f", "a = \"" + dots + "\"\n", Format::toml), SourceError);
    CHECK_NOTHROW(parse_source("f", "a = \"" + dots.substr(4) + "\"\n", Format::toml));
}

TEST_CASE("frp includes 256 files at most", "[frp][limits]") {
    std::string name = (std::filesystem::temp_directory_path() / "ferrotunnel-included-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    const std::filesystem::path folder = name;
    const auto write = [&folder](const std::string& file, const std::string& text) {
        std::ofstream(folder / file) << text;
    };
    write("frpc.toml", "serverAddr = \"edge\"\nauth.token = \"t\"\nincludes = [\"part*.toml\"]\n");
    for (std::size_t i = 0; i < included_max; ++i) {
        const std::string number = std::to_string(i);
        write("part" + number + ".toml", "[[proxies]]\nname = \"p" + number + "\"\nlocalPort = 1\nremotePort = 7\n");
    }
    const std::vector<Source> sources{load_source((folder / "frpc.toml").string())};
    CHECK(read_frp(sources).client.find("services")->children().size() == included_max);
    write("part.toml", "[[proxies]]\nname = \"more\"\nlocalPort = 1\n");
    CHECK_THROWS_WITH(read_frp(sources), Catch::Contains("more than 256 files"));
    std::filesystem::remove_all(folder);
}

TEST_CASE("limits of frp", "[frp][limits]") {
    const auto locations = [](std::size_t count) {
        return frp_test::with_proxy(
            "name = \"a\"\ntype = \"http\"\nlocalPort = 80\ncustomDomains = [\"a.example.net\"]\nlocations = [" +
            repeated(count, "\"/", "\",") + "]\n");
    };
    CHECK_NOTHROW(frp_test::read({locations(locations_max)}));
    CHECK_THROWS_WITH(frp_test::read({locations(locations_max + 1)}), Catch::Contains("more than 100"));
}

TEST_CASE("limits of cloudflared", "[cloudflared][limits]") {
    const auto rules = [](std::size_t count) {
        return "ingress:\n" +
               repeated(count - 1, "  - {hostname: h", ".example.net, service: \"http://localhost:80\"}\n") +
               "  - service: http_status:404\n";
    };
    CHECK(read_yaml(read_cloudflared, rules(rules_max)).draft.client.find("services")->children().size() ==
          rules_max - 1);
    CHECK_THROWS_WITH(read_yaml(read_cloudflared, rules(rules_max + 1)), Catch::Contains("more than 1,000"));
    const auto paths = [](std::size_t count) {
        return "ingress:\n" +
               repeated(count, "  - {hostname: a.example.net, path: \"x", "|y\", service: \"http://localhost:80\"}\n") +
               "  - service: http_status:404\n";
    };
    CHECK(read_yaml(read_cloudflared, paths(expressions_max)).draft.lost.empty());
    CHECK_FALSE(read_yaml(read_cloudflared, paths(expressions_max + 1)).draft.lost.empty());
}

TEST_CASE("limits of secrets and passwords", "[import][limits]") {
    Draft draft;
    for (std::size_t i = 0; i < secrets_max; ++i) {
        draft.secret(Side::client, "s" + std::to_string(i), "x", {});
    }
    CHECK_NOTHROW(draft.secret(Side::client, "s0", "x", {}));
    CHECK_THROWS_WITH(draft.secret(Side::client, "more", "x", {}), Catch::Contains("1,000"));
    const auto passwords = [](std::size_t count) {
        return "tunnels:\n  a:\n    proto: http\n    addr: 80\n    basic_auth:\n" +
               repeated(count, "      - ann:", "\n");
    };
    CHECK_THROWS_WITH(read_yaml(read_ngrok, passwords(passwords_max + 1)), Catch::Contains("more than 100"));
    CHECK(read_yaml(read_ngrok, "tunnels:\n  a:\n    proto: http\n    addr: 80\n    basic_auth:\n" +
                                    repeated(passwords_max + 1, "      - a", ":same\n"))
              .draft.lost.empty());
}

TEST_CASE("limit of the words of an ssh command line", "[import][limits]") {
    const auto lost_of = [](std::size_t count) {
        std::vector<std::string> words{"ssh", "-R", "80:localhost:80", "example.com"};
        words.resize(words.size() - 1 + count, "word");
        return read_command_line(words).lost.size();
    };
    CHECK(lost_of(command_words_max) == lost_of(2));  // the remote command, whatever it is
    CHECK(lost_of(command_words_max + 1) == lost_of(2) + 1);
}

TEST_CASE("a password has at most 511 bytes", "[import][limits]") {
    namespace cli = ferrotunnel::cli;
    const auto hash = [](std::size_t size, cli::HashKind kind) {
        return cli::hash_of_password(ferrotunnel::Secret::from_string(std::string(size, 'p')), kind);
    };
    if (!hash(8, cli::HashKind::yescrypt)) {
        return;  // without libcrypt
    }
    CHECK(hash(cli::password_bytes_max, cli::HashKind::yescrypt).has_value());
    CHECK_FALSE(hash(cli::password_bytes_max + 1, cli::HashKind::yescrypt).has_value());
    CHECK(hash(cli::bcrypt_bytes_max, cli::HashKind::bcrypt).has_value());
    CHECK_FALSE(hash(cli::bcrypt_bytes_max + 1, cli::HashKind::bcrypt).has_value());
}
