#include "transport/tls_context.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "pipes.hpp"
#include "transport/certificate.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;
using Catch::Contains;

namespace {

template <typename Function>
std::string tls_config_error(Function function) {
    try {
        function();
    } catch (const TlsConfigError& error) {
        return error.what();
    }
    return {};
}

unsigned mode_of(const std::filesystem::path& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_mode & 0777U;
}

}  // namespace

TEST_CASE("a self-signed certificate is kept and used again") {
    TemporaryDirectory directory;
    auto state = directory.path() / "state";
    auto first = TlsContext::make_server({.state_directory = state});
    auto second = TlsContext::make_server({.state_directory = state});
    CHECK(first->fingerprint() == second->fingerprint());
    CHECK(first->fingerprint().size() == 7 + 44);
    CHECK(mode_of(state) == 0700);
    CHECK(mode_of(state / "server-identity.pem") == 0600);
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(state)) {
        (void)entry;
        ++files;
    }
    CHECK(files == 1);  // nothing temporary stays
    CHECK(TlsContext::make_server({})->fingerprint() != first->fingerprint());
}

TEST_CASE("many that start at once all get the same certificate") {
    TemporaryDirectory directory;
    std::vector<std::string> fingerprints(8);
    std::vector<std::thread> threads;
    for (auto& fingerprint : fingerprints) {
        threads.emplace_back(
            [&] { fingerprint = TlsContext::make_server({.state_directory = directory.path() / "s"})->fingerprint(); });
    }
    for (auto& thread : threads) {
        thread.join();
    }
    for (const auto& fingerprint : fingerprints) {
        CHECK(fingerprint == fingerprints.front());
    }
}

TEST_CASE("a damaged file is an error that says what to do, never a new key in silence") {
    TemporaryDirectory directory;
    TlsContext::make_server({.state_directory = directory.path()});
    auto path = directory.path() / "server-identity.pem";
    auto size = std::filesystem::file_size(path);
    for (std::uintmax_t length : {size / 4, size / 2, size - 40, std::uintmax_t{0}}) {
        std::filesystem::resize_file(path, length);
        CHECK_THAT(tls_config_error([&] { TlsContext::make_server({.state_directory = directory.path()}); }),
                   Contains(path.string()) && Contains("is damaged") && Contains("fingerprint"));
    }
}

TEST_CASE("a state directory that cannot be made is an error") {
    TemporaryDirectory directory;
    auto file = directory.file("file", "x");
    CHECK_THAT(tls_config_error([&] { TlsContext::make_server({.state_directory = file / "state"}); }),
               Contains("cannot be created"));
}

TEST_CASE("files that are not what they should be are named") {
    TemporaryDirectory directory;
    auto garbage = directory.file("garbage.pem", "garbage");
    CHECK_THAT(tls_config_error([&] { TlsContext::make_server({.certificate_file = garbage, .key_file = garbage}); }),
               Contains("garbage.pem"));
    CHECK_THAT(tls_config_error([&] { TlsContext::make_server({.certificate_file = garbage}); }),
               Contains("give both files"));
    CHECK_THAT(tls_config_error([&] { TlsContext::make_client({.server_name = "x", .ca_file = garbage}); }),
               Contains("garbage.pem") && Contains("CA"));
    CHECK_THAT(tls_config_error([&] { TlsContext::make_server({.client_ca_file = directory.path() / "none.pem"}); }),
               Contains("none.pem"));
    CHECK_THAT(tls_config_error([&] { TlsContext::make_client({.ca_file = garbage}); }),
               Contains("garbage.pem") || Contains("name"));
}

TEST_CASE("fingerprints are read in base64 and hex") {
    std::string raw;
    for (int i = 0; i < 32; ++i) {
        raw.push_back(static_cast<char>(i * 8 + 7));
    }
    std::string base64 = fingerprint_text(raw);
    CHECK(parse_fingerprint(base64) == raw);
    CHECK(parse_fingerprint(base64.substr(0, base64.size() - 1)) == raw);
    std::string hex = "sha256:";
    std::string colons = "sha256:";
    for (unsigned char c : raw) {
        const char digits[] = "0123456789abcdef";
        hex += {digits[c >> 4], digits[c & 15]};
        colons += std::string(colons.size() > 7 ? ":" : "") + static_cast<char>(std::toupper(digits[c >> 4])) +
                  static_cast<char>(std::toupper(digits[c & 15]));
    }
    CHECK(parse_fingerprint(hex) == raw);
    CHECK(parse_fingerprint(colons) == raw);
    for (const std::string& bad :
         {std::string(), std::string("sha256:"), hex.substr(7), hex + "0", hex.substr(0, hex.size() - 1) + "g",
          std::string("md5:") + hex.substr(7), base64 + "A", "sha256:" + std::string(43, '!')}) {
        CAPTURE(bad);
        CHECK_THAT(tls_config_error([&] { parse_fingerprint(bad); }), Contains("is not a valid fingerprint"));
    }
    CHECK_THROWS_AS(TlsContext::make_client({.pin = "nonsense"}), TlsConfigError);
}
