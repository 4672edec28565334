#include "api/https_certificates.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "support/eventually.hpp"
#include "unit/transport/made_certificates.hpp"
#include "unit/transport/pipes.hpp"

namespace ferrotunnel::detail {
namespace {

using namespace std::chrono_literals;
using transport::test::make_for;
using transport::test::put_file;
using transport::test::put_pair;
using transport::test::TemporaryDirectory;

class CertificateLog final : public Logger {
public:
    bool enabled(LogLevel) const noexcept override { return true; }
    void write(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) noexcept override {
        std::string line = level == LogLevel::error ? "error: " : level == LogLevel::warn ? "warn: " : "info: ";
        line += message;
        for (const LogField& field : fields) {
            line += " " + field.value;
        }
        std::lock_guard lock(mutex_);
        lines_.push_back(std::move(line));
    }
    std::size_t count(const std::string& start) const {
        std::lock_guard lock(mutex_);
        return static_cast<std::size_t>(std::count_if(
            lines_.begin(), lines_.end(), [&](const std::string& line) { return line.starts_with(start); }));
    }
    bool comes(const std::string& start, std::size_t wanted = 1) const {
        for (int i = 0; i < 6'000 && count(start) < wanted; ++i) {
            std::this_thread::sleep_for(10ms);
        }
        return count(start) == wanted;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::string> lines_;
};

std::string certificates_error(const Https& https) {
    CertificateLog book;
    try {
        const HttpsCertificates certificates(https, book);
    } catch (const transport::TlsConfigError& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("good certificates serve beside bad ones, which the log names", "[https]") {
    const TemporaryDirectory directory;
    put_pair(directory.path(), "good", make_for("good.example"));
    put_file(directory.path() / "bad.pem", "damaged");
    Https https;
    https.certificates = {{directory.path() / "none.pem", ""}};
    https.folders = {directory.path()};
    CertificateLog book;
    const HttpsCertificates certificates(https, book);
    CHECK(certificates.tls()->has_certificate("good.example"));
    CHECK_FALSE(certificates.tls()->has_certificate("other.example"));
    CHECK(book.count("error: a certificate cannot be used " + (directory.path() / "bad.pem").string()) == 1);
    CHECK(book.count("error: a certificate cannot be used " + (directory.path() / "none.pem").string()) == 1);
    CHECK(book.count("info: certificates for visitors 1 1 1") == 1);
}

TEST_CASE("without any good certificate the reasons are told, the first of many", "[https]") {
    const TemporaryDirectory directory;
    CHECK(certificates_error(Https{.folders = {directory.path()}}) ==
          "no certificate can be used: there is none in the folders");
    CHECK(certificates_error(Https()).empty());  // TLS that is passed through needs none
    Https https;
    for (int i = 0; i < 7; ++i) {
        https.certificates.push_back({"/none/" + std::to_string(i) + ".pem", ""});
    }
    const std::string text = certificates_error(https);
    CHECK(text.starts_with("no certificate can be used: /none/0.pem: No such file or directory; /none/1.pem: "));
    CHECK(text.ends_with("; and 2 more"));
    Https asking;
    asking.client_certificates = {{"*", "/none/ca.pem", true}};
    CHECK_THAT(certificates_error(asking), Catch::Contains("/none/ca.pem"));
}

TEST_CASE("what changes is noticed, and what goes bad is told once and changes nothing", "[https]") {
    const TemporaryDirectory directory;
    put_pair(directory.path(), "app", make_for("app.example"));
    Https https;
    https.folders = {directory.path()};
    https.reload_interval = 100ms;
    CertificateLog book;
    HttpsCertificates certificates(https, book);
    certificates.watch();
    put_pair(directory.path(), "more", make_for("more.example"));
    CHECK(book.comes("info: certificates for visitors 2"));
    CHECK(certificates.tls()->has_certificate("more.example"));
    put_file(directory.path() / "app.crt", "damaged");
    CHECK(book.comes("error: a certificate cannot be read; the previous one stays in use"));
    put_pair(directory.path(), "third", make_for("third.example"));
    CHECK(book.comes("info: certificates for visitors 3"));
    CHECK(certificates.tls()->has_certificate("app.example"));
    CHECK(book.count("error: a certificate cannot be read") == 1);
}

TEST_CASE("certificates that are ordered come later, and each change is reported", "[https][acme]") {
    const TemporaryDirectory own;
    const TemporaryDirectory ordered;
    Https https;
    https.folders = {own.path()};
    https.reload_interval = 3'600s;
    CertificateLog book;
    std::atomic<int> changes{0};
    CHECK_THROWS(HttpsCertificates(https, book));
    HttpsCertificates certificates(https, book, {true, ordered.path(), {}}, [&changes] { ++changes; });
    CHECK(changes == 0);
    CHECK_FALSE(certificates.tls()->has_certificate("app.example"));
    certificates.check_now();  // nothing watches yet
    put_pair(ordered.path(), "app", make_for("app.example"));
    certificates.watch();
    CHECK(book.comes("info: certificates for visitors 1"));
    CHECK(certificates.tls()->has_certificate("app.example"));
    CHECK(ferrotunnel::test::eventually([&] { return changes.load() == 1; }));
    const transport::test::Made more = make_for("more.example");
    put_file(ordered.path() / "more.pem", transport::test::key_pem(more) + transport::test::certificate_pem(more));
    certificates.check_now();
    CHECK(book.comes("info: certificates for visitors 2"));
    CHECK(ferrotunnel::test::eventually([&] { return changes.load() == 2; }));
    certificates.set(https);  // the folder of ordered certificates stays
    CHECK(certificates.tls()->has_certificate("app.example"));
    CHECK_FALSE(certificates.tls()->is_covered("app.example", std::chrono::system_clock::now()));
    certificates.set_ordered({});
    CHECK_FALSE(certificates.tls()->has_certificate("app.example"));
    CHECK(changes == 3);
}

}  // namespace ferrotunnel::detail
