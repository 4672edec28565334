// What services say about their backends, before anything is sent.
#include "settings/backend.hpp"

#include <catch2/catch.hpp>
#include <filesystem>

#include "backend/folder.hpp"
#include "settings/service.hpp"
#include "unit/transport/made_certificates.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::detail;
using transport::test::TemporaryDirectory;

namespace {

template <typename Description>
std::vector<std::string> backend_problems(Description service, bool application_serves = false) {
    std::vector<Problem> problems;
    check_service(service, application_serves, problems);
    if (problems.empty() && !application_serves) {
        make_backend(backend_spec(service), problems);
    }
    std::vector<std::string> texts;
    for (const Problem& problem : problems) {
        texts.push_back(problem.text);
    }
    return texts;
}

template <typename Description>
void only(Description service, const char* text) {
    const auto problems = backend_problems(std::move(service));
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0], Catch::Contains(text));
}

Http web_backend(std::string local) {
    Http http;
    http.host = "app.example.com";
    http.local = std::move(local);
    return http;
}

Tls tls(std::string host, std::string local = ":8443") {
    Tls made;
    made.host = std::move(host);
    made.local = std::move(local);
    return made;
}

}  // namespace

TEST_CASE("where a service leads is checked, and brought to its full form", "[settings]") {
    Http http = web_backend("https://:8443");
    std::vector<Problem> problems;
    check_service(http, false, problems);
    CHECK(problems.empty());
    CHECK(http.local == "https://127.0.0.1:8443");
    CHECK(backend_problems(web_backend("unix:/run/app.sock")).empty());
    CHECK(backend_problems(Tcp(1, "tls://db.internal:5433")).empty());
    only(web_backend("tls://app.internal:1"),
         "\"tls://app.internal:1\" must be written as https://host:port for an HTTP service");
    only(Tcp(1, "unix:app.sock"), "its absolute path");
}

TEST_CASE("what is said about a backend's TLS has to fit", "[settings]") {
    TemporaryDirectory folder;
    transport::test::put_file(folder.path() / "ca.pem",
                              transport::test::certificate_pem(transport::test::make_for("app.internal")));
    transport::test::put_file(folder.path() / "no.pem", "no certificate\n");
    Http http = web_backend("https://app.internal");
    http.backend_tls.ca_file = (folder.path() / "ca.pem").string();
    CHECK(backend_problems(http).empty());
    http.backend_tls.server_name = "127.0.0.1";
    CHECK(backend_problems(http).empty());
    http.backend_tls.server_name = "two words";
    only(http, "\"two words\" is not a valid name or address of a server");
    http.backend_tls.server_name.clear();
    http.backend_tls.insecure = true;
    only(http, "cannot have a CA file and be insecure");
    http.backend_tls.insecure = false;
    http.backend_tls.ca_file = (folder.path() / "no.pem").string();
    only(http, "no CA certificate in PEM form could be read");
    http.backend_tls.ca_file = (folder.path() / "none.pem").string();
    only(http, "cannot read the file");

    http = web_backend("app.internal:80");
    http.backend_tls.insecure = true;
    only(http, "need a `local` like https://host:port");
    Tcp tcp(1, ":22");
    tcp.backend_tls.server_name = "db.internal";
    only(tcp, "need a `local` like tls://host:port");
}

TEST_CASE("where the application serves there is no backend to speak of", "[settings]") {
    Http http = web_backend("");
    CHECK(backend_problems(http, true).empty());
    http.proxy_protocol = ProxyProtocol::v1;
    http.backend_tls.insecure = true;
    CHECK(backend_problems(http, true).size() == 2);
}

TEST_CASE("what a backend is told of the visitor goes to the engine, and to the server", "[settings]") {
    std::vector<Problem> problems;
    Http http = web_backend(":3000");
    CHECK_FALSE(http_part(http).per_visitor);
    CHECK_FALSE(make_backend(backend_spec(http), problems).proxy);
    http.proxy_protocol = ProxyProtocol::v2;
    CHECK(http_part(http).per_visitor);
    CHECK(make_backend(backend_spec(http), problems).proxy == net::ProxyVersion::v2);
    http.proxy_protocol = ProxyProtocol::v1;
    CHECK(make_backend(backend_spec(http), problems).proxy == net::ProxyVersion::v1);
}

TEST_CASE("a TLS service needs a name that visitors ask for", "[settings]") {
    Tls app = tls("app.example.com");
    std::vector<Problem> problems;
    check_service(app, false, problems);
    CHECK(problems.empty());
    CHECK(app.name == "tls:app.example.com");
    CHECK(app.local == "localhost:8443");
    CHECK(backend_problems(tls("*.example.com", "unix:/run/app.sock")).empty());
    only(tls(""), "missing `host`");
    only(tls("app.example.com", ""), "missing `local`");
    only(tls("10.0.0.1"), "The host \"10.0.0.1\" is an IP address");
    only(tls("app..com"), "The host \"app..com\"");
    only(tls("app.example.com", "https://:8443"), "asks for TLS, but this kind of service forwards the visitor's TLS");
    app.aliases.assign(limits::http_hosts_per_service_max - 1, "www.example.com");
    CHECK(backend_problems(app).empty());
    app.aliases.emplace_back("x.example.com");
    only(app, "more than 16 hosts");
}

TEST_CASE("a folder of files has to be there, and is brought to its whole path", "[settings]") {
    TemporaryDirectory folder;
    std::filesystem::create_directory(folder.path() / "site");
    const std::string whole = "files:" + (folder.path() / "site").string();
    Http http = web_backend("files:" + folder.path().string() + "/./site/");
    http.listing = true;
    std::vector<Problem> problems;
    check_service(http, false, problems);
    CHECK(problems.empty());
    CHECK(http.local == whole);
    const auto made = make_backend(backend_spec(http), problems);
    REQUIRE(made.folder);
    CHECK(made.folder->path() == (folder.path() / "site").string());
    CHECK(made.folder->lists());
    Http relative = web_backend("files:.");
    check_service(relative, false, problems);
    CHECK(problems.empty());
    CHECK(relative.local == "files:" + std::filesystem::current_path().string());
    only(web_backend(whole + "/none"), "cannot be opened: No such file or directory");
    only(web_backend("files:/dev/null"), "is not a folder");
    only(web_backend("files:"), "names no folder");
    only(web_backend("files:a\nb"), "has control characters");
    only(Tcp(1, whole), "which only an HTTP service can serve");
    only(tls("app.example.com", whole), "which only an HTTP service can serve");
}

TEST_CASE("what is said of a folder has to fit", "[settings]") {
    Http http = web_backend("files:/");
    http.proxy_protocol = ProxyProtocol::v1;
    only(http, "`proxy_protocol` has no meaning for a service that serves a folder");
    http.proxy_protocol = ProxyProtocol::off;
    http.rules.host_header = "backend";
    only(http, "a folder, which has no host");
    http.rules.host_header.clear();
    http.backend_tls.insecure = true;
    only(http, "need a `local` like https://host:port");
    Http listing = web_backend(":3000");
    listing.listing = true;
    only(listing, "`listing` needs a `local` like files:FOLDER");
}
