#include "transport/visitor_tls.hpp"

#include <catch2/catch.hpp>

#include "base/hex.hpp"
#include "base/limits.hpp"
#include "net/client_hello.hpp"
#include "preferred_group.hpp"
#include "transport/certificate.hpp"
#include "unit/net/hello_builder.hpp"
#include "visitor_client.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;
namespace hello = ferrotunnel::test;

namespace {

constexpr const char* http11 = "\x08http/1.1";
const std::string h2_and_http11 = "\x02h2\x08http/1.1";

// A folder with certificates, each with its host as common name.
struct Hosts {
    TemporaryDirectory directory;
    VisitorTlsSettings settings;

    explicit Hosts(std::initializer_list<std::string> hosts) {
        settings.certificates.folders = {directory.path()};
        for (const std::string& host : hosts) {
            add(host);
        }
    }
    void add(const std::string& host, int rsa_bits = 0) {
        const std::string file = (host[0] == '*' ? "wild" + host.substr(1) : host) + (rsa_bits != 0 ? ".rsa" : "");
        put_pair(directory.path(), file,
                 make({.alternative_names = "DNS:" + host,
                       .common_name = host + (rsa_bits != 0 ? " rsa" : ""),
                       .rsa_bits = rsa_bits}));
    }
    void request_certificate(const std::string& host, const Made& authority, bool required = true, bool chain = false) {
        const auto file = directory.path() / ("ca" + std::to_string(settings.client_authorities.size()));
        put_file(file, certificate_pem(authority));
        settings.client_authorities.push_back({host, file, required, {}, chain});
    }
    std::shared_ptr<VisitorTls> tls() const { return make_visitor_tls(settings); }
};

// The subject of the visitor's certificate; "none" if there is none.
std::string subject_of(const VisitorHandshake& told) {
    return told.certificate ? told.certificate->subject : "none";
}

std::string certificate_digest(const Made& made) {
    std::array<std::uint8_t, 32> digest;
    must(X509_digest(made.certificate.get(), EVP_sha256(), digest.data(), nullptr) == 1);
    return to_hex(digest);
}

// What our end says about bytes that are sent as they are, and what it sends back.
std::pair<std::string, std::string> send_raw(const std::shared_ptr<VisitorTls>& tls, const hello::ByteVector& bytes) {
    auto [left, right] = runtime::socket_pair();
    std::unique_ptr<Pipe> pipe = make_tls_pipe(std::move(right), tls->context());
    REQUIRE(runtime::write_some(left.get(), bytes).status == IoStatus::ok);
    std::string why;
    REQUIRE(pipe->handshake(why) == IoStatus::error);
    pipe.reset();
    std::uint8_t back[4096];
    const IoResult got = runtime::read_some(left.get(), MutableBytes(back));
    return {why, std::string(as_text(Bytes(back).first(got.bytes)))};
}

std::string raw_hello_refusal(const std::shared_ptr<VisitorTls>& tls, const hello::ByteVector& extension) {
    // With versions, groups and signatures, so that nothing but the name can be wrong.
    return send_raw(tls, hello::record(hello::hello_message({extension, hello::extension(43, {2, 3, 4}),
                                                             hello::extension(10, {0, 2, 0, 23}),
                                                             hello::extension(13, {0, 2, 4, 3})})))
        .first;
}

const std::string name_is = "the visitor was rejected: the server name in its ClientHello ";

}  // namespace

TEST_CASE("a visitor gets the certificate of the name that it asks for") {
    Hosts hosts({"a.example", "*.b.example"});
    auto tls = hosts.tls();
    Visit got = visit(tls, {.name = "a.example"});
    CHECK(got.open);
    CHECK(got.common_name == "a.example");
    CHECK(got.told.server_name == "a.example");
    CHECK(!got.told.resumed);
    CHECK(!got.told.certificate);
    CHECK(got.description == "TLSv1.3 TLS_AES_128_GCM_SHA256 " + preferred_group());

    got = visit(tls, {.name = "X.B.Example"});
    CHECK(got.common_name == "*.b.example");
    CHECK(got.told.server_name == "x.b.example");

    CHECK(visit(tls, {.name = "a.example", .version = TLS1_2_VERSION}).common_name == "a.example");
}

TEST_CASE("a visitor without the newest group gets the one that it has") {
    Hosts hosts({"a.example"});
    auto tls = hosts.tls();
    const auto group = [&](const char* groups, int version = 0) {
        const Visit got = visit(tls, {.name = "a.example", .version = version, .groups = groups});
        CHECK(got.open);
        return got.description.substr(got.description.rfind(' ') + 1);
    };
    CHECK(group("X25519") == "x25519");
    CHECK(group("P-256") == "secp256r1");
    CHECK(group("P-384") == "secp384r1");
    // In TLS 1.2 the list is also that of the curves of certificates, and ours has one of P-256.
    CHECK(group("X25519:P-256", TLS1_2_VERSION) == "x25519");
    CHECK(group(nullptr) == preferred_group());
}

TEST_CASE("a name without a certificate is refused, or gets the fallback") {
    Hosts hosts({"a.example"});
    Visit got = visit(hosts.tls(), {.name = "c.example"});
    CHECK(!got.open);
    CHECK(got.why == "the visitor was rejected: there is no certificate for the name c.example");
    CHECK(got.alert == "tlsv1 unrecognized name");
    got = visit(hosts.tls(), {});
    CHECK(
        got.why ==
        "the visitor was rejected: its ClientHello has no server name, and there is no certificate for such visitors");

    TemporaryDirectory other;
    put_pair(other.path(), "fallback", make({.common_name = "fallback"}));
    hosts.settings.certificates.fallback = {other.path() / "fallback.crt", other.path() / "fallback.key"};
    got = visit(hosts.tls(), {.name = "c.example"});
    CHECK(got.common_name == "fallback");
    CHECK(got.told.server_name == "c.example");
    got = visit(hosts.tls(), {});
    CHECK(got.common_name == "fallback");
    CHECK(got.told.server_name == "");
    CHECK(visit(hosts.tls(), {.name = "a.example"}).common_name == "a.example");
}

TEST_CASE("one host may have a certificate for each kind of key") {
    Hosts hosts({"a.example"});
    hosts.add("a.example", 2048);
    auto tls = hosts.tls();
    CHECK(visit(tls, {.name = "a.example"}).common_name == "a.example");
    CHECK(visit(tls, {.name = "a.example", .signatures = "rsa_pss_rsae_sha256"}).common_name == "a.example rsa");
    CHECK(visit(tls, {.name = "a.example", .version = TLS1_2_VERSION, .suites = "ECDHE-RSA-AES128-GCM-SHA256"})
              .common_name == "a.example rsa");
}

TEST_CASE("grades: what modern and intermediate take") {
    Hosts hosts({"a.example"});
    hosts.add("a.example", 2048);
    auto modern = hosts.tls();
    hosts.settings.grade = TlsGrade::intermediate;
    auto intermediate = hosts.tls();
    const auto opens = [](const std::shared_ptr<VisitorTls>& tls, const char* suites) {
        return visit(tls, {.name = "a.example", .version = TLS1_2_VERSION, .suites = suites}).open;
    };
    for (const char* both :
         {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"}) {
        CHECK(opens(modern, both));
        CHECK(opens(intermediate, both));
    }
    for (const char* older : {"ECDHE-ECDSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA"}) {
        CHECK(!opens(modern, older));
        CHECK(opens(intermediate, older));
    }
    for (const char* neither : {"AES128-GCM-SHA256", "AES128-SHA", "DHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-NULL-SHA",
                                "ADH-AES128-SHA256", "DHE-RSA-AES256-SHA"}) {
        CHECK(!opens(modern, neither));
        CHECK(!opens(intermediate, neither));
    }
    CHECK(visit(modern, {.name = "a.example", .version = TLS1_2_VERSION, .suites = "AES128-SHA"}).why ==
          "the visitor offers no cipher suite, group or signature algorithm that is accepted here");
}

TEST_CASE("nothing older than TLS 1.2 is spoken") {
    Hosts hosts({"a.example"});
    hosts.add("a.example", 2048);
    for (TlsGrade grade : {TlsGrade::modern, TlsGrade::intermediate}) {
        hosts.settings.grade = grade;
        for (int version : {TLS1_VERSION, TLS1_1_VERSION}) {
            Visit got = visit(hosts.tls(), {.name = "a.example", .version = version, .suites = "ALL@SECLEVEL=0"});
            CHECK(!got.open);
            CHECK(got.why == "the visitor does not speak TLS 1.2 or 1.3, and nothing older is accepted");
            CHECK(got.alert == "tlsv1 alert protocol version");
        }
    }
}

TEST_CASE("grades have names") {
    CHECK(parse_tls_grade("modern") == TlsGrade::modern);
    CHECK(parse_tls_grade("intermediate") == TlsGrade::intermediate);
    CHECK_THROWS_WITH(
        parse_tls_grade("old"),
        "\"old\" is not a valid TLS profile: expected \"modern\" (TLS 1.3, and 1.2 with ECDHE and AEAD) or "
        "\"intermediate\" (also 1.2 with ECDHE and AES-CBC); nothing older than TLS 1.2 is supported");
}

TEST_CASE("ALPN: the protocol that both speak, or none at all") {
    Hosts hosts({"a.example"});
    auto tls = hosts.tls();
    CHECK(visit(tls, {.name = "a.example", .protocols = http11}).told.protocol == "http/1.1");
    CHECK(visit(tls, {.name = "a.example", .protocols = h2_and_http11}).told.protocol == "http/1.1");
    CHECK(visit(tls, {.name = "a.example"}).told.protocol == "");
    Visit got = visit(tls, {.name = "a.example", .protocols = "\x02h2"});
    CHECK(!got.open);
    CHECK(got.why == "the visitor offers protocols (ALPN), but none that this server supports");
    CHECK(got.alert == "tlsv1 alert no application protocol");

    hosts.settings.protocols = {"h2", "http/1.1"};  // shows where HTTP/2 would have its place
    CHECK(visit(hosts.tls(), {.name = "a.example", .protocols = std::string(http11) + "\x02h2"}).told.protocol == "h2");
    hosts.settings.protocols = {""};
    CHECK_THROWS_WITH(hosts.tls(), "\"\" is not a valid protocol name (ALPN)");
}

TEST_CASE("a name that breaks the rules is refused with the reason") {
    Hosts hosts({"a.example"});
    TemporaryDirectory other;
    put_pair(other.path(), "fallback", make({.common_name = "fallback"}));
    hosts.settings.certificates.fallback = {other.path() / "fallback.crt", other.path() / "fallback.key"};
    auto tls = hosts.tls();
    CHECK(raw_hello_refusal(tls, hello::server_name(std::string_view("a.example\0.evil", 15))) ==
          name_is + "has a character that is not valid in a host name");
    CHECK(raw_hello_refusal(tls, hello::server_name("192.0.2.1")) == name_is + "is an address, or ends like one");
    CHECK(raw_hello_refusal(tls, hello::server_name("")) == name_is + "is empty");
    CHECK(raw_hello_refusal(tls, hello::extension(0, hello::counted<2>(hello::joined(
                                                         {hello::name_entry("a.example"), hello::name_entry("b")})))) ==
          name_is + "is not the only one");
}

TEST_CASE("plain HTTP is answered in plain HTTP, if there is an answer") {
    Hosts hosts({"a.example"});
    const auto request = hello::bytes_of("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n");
    auto [why, back] = send_raw(hosts.tls(), request);
    CHECK(why == "the visitor speaks plain HTTP where TLS is expected");
    CHECK(back == std::string("\x15\x03\x03\0\x02\x02\x46", 7));  // an alert

    hosts.settings.answer_to_plain_http = "HTTP/1.1 400 Bad Request\r\n\r\n";
    CHECK(send_raw(hosts.tls(), request).second == "HTTP/1.1 400 Bad Request\r\n\r\n");
    std::tie(why, back) = send_raw(hosts.tls(), hello::bytes_of("SSH-2.0-OpenSSH_9.2\r\n"));
    CHECK(why == "the visitor does not speak TLS");
    CHECK(back == std::string("\x15\x03\x03\0\x02\x02\x46", 7));
}

TEST_CASE("a visitor that guesses the wrong group begins again, for the same name") {
    Hosts hosts({"a.example", "b.example"});
    auto tls = hosts.tls();
    Visit got = visit(tls, {.name = "b.example", .version = TLS1_3_VERSION, .groups = "X448:P-256"});
    CHECK(got.open);
    CHECK(got.common_name == "b.example");
    CHECK(got.told.server_name == "b.example");
    CHECK(!visit(tls, {.name = "b.example", .version = TLS1_3_VERSION, .groups = "X448"}).open);
}

TEST_CASE("no renegotiation, no compression, no early data") {
    Hosts hosts({"a.example"});
    auto tls = hosts.tls();
    Visit got = visit(tls, {.name = "a.example", .version = TLS1_3_VERSION});
    REQUIRE(got.session);
    CHECK(SSL_SESSION_get_max_early_data(got.session.get()) == 0);
    got = visit(tls, {.name = "a.example", .version = TLS1_2_VERSION});
    REQUIRE(got.session);
    CHECK(SSL_SESSION_get_compress_id(got.session.get()) == 0);

    auto [left, right] = runtime::socket_pair();
    VisitorClient client(std::move(left), {.name = "a.example", .version = TLS1_2_VERSION});
    std::unique_ptr<Pipe> pipe = make_tls_pipe(std::move(right), tls->context());
    std::string why;
    while (!client.step() || pipe->handshake(why) != IoStatus::ok) {
        (void)pipe->handshake(why);
    }
    SSL_renegotiate(client.ssl());
    (void)SSL_do_handshake(client.ssl());  // sends a ClientHello
    std::uint8_t bytes[100];
    CHECK(pipe->read(MutableBytes(bytes)).bytes == 0);
    CHECK(SSL_do_handshake(client.ssl()) != 1);
    CHECK(std::string(ERR_reason_error_string(ERR_peek_error())) == "no renegotiation");
    ERR_clear_error();
}

TEST_CASE("a session is resumed for the name that it was made for, and for no other") {
    Hosts hosts({"a.example", "b.example", "*.c.example"});
    auto tls = hosts.tls();
    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto go = [&](const char* name, SessionPtr session) {
            Visit got = visit(tls, {.name = name, .version = version, .session = std::move(session)});
            REQUIRE(got.open);
            CHECK(got.told.server_name == name);
            REQUIRE(got.session);
            return got;
        };
        Visit first = go("a.example", nullptr);
        CHECK(!first.told.resumed);
        CHECK(go("a.example", first.session).told.resumed);
        CHECK(!go("b.example", first.session).told.resumed);
        Visit wild = go("x.c.example", nullptr);
        CHECK(go("x.c.example", wild.session).told.resumed);
        CHECK(!go("y.c.example", wild.session).told.resumed);
    }
}

TEST_CASE("sessions survive a reload of certificates, and two changes of the ticket key") {
    Hosts hosts({"a.example"});
    auto tls = hosts.tls();
    TimePoint now{std::chrono::hours(100)};
    tls->rotate_ticket_keys(now);
    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto resumes = [&](const SessionPtr& session) {
            Visit got = visit(tls, {.name = "a.example", .version = version, .session = session});
            REQUIRE(got.open);
            return got.told.resumed;
        };
        const SessionPtr session = visit(tls, {.name = "a.example", .version = version}).session;
        REQUIRE(session);
        hosts.add("a.example");
        REQUIRE(tls->reload_if_changed(wall_now()));
        CHECK(resumes(session));
        tls->rotate_ticket_keys(now + limits::ticket_key_seals_for - std::chrono::nanoseconds(1));
        CHECK(resumes(session));
        for (std::size_t changes = 1; changes < limits::ticket_keys_kept; ++changes) {
            tls->rotate_ticket_keys(now += limits::ticket_key_seals_for);
            CHECK(resumes(session));
        }
        tls->rotate_ticket_keys(now += limits::ticket_key_seals_for);
        CHECK(!resumes(session));
    }
    // After a long sleep no old key is left.
    const SessionPtr session = visit(tls, {.name = "a.example"}).session;
    tls->rotate_ticket_keys(now += std::chrono::hours(1'000));
    CHECK(!visit(tls, {.name = "a.example", .session = session}).told.resumed);
}

TEST_CASE("sessions can be resumed at the process that takes the ticket keys over") {
    Hosts hosts({"a.example"});
    auto before = hosts.tls();
    TimePoint now{std::chrono::hours(100)};
    before->rotate_ticket_keys(now);
    const SessionPtr old_session = visit(before, {.name = "a.example"}).session;
    before->rotate_ticket_keys(now += limits::ticket_key_seals_for);
    const SessionPtr session = visit(before, {.name = "a.example"}).session;
    auto after = hosts.tls();
    const auto resumes = [](const std::shared_ptr<VisitorTls>& tls, const SessionPtr& one) {
        return visit(tls, {.name = "a.example", .session = one}).told.resumed;
    };
    CHECK_FALSE(resumes(after, session));

    const std::string keys = before->hand_over_ticket_keys(now + std::chrono::hours(1));
    for (const std::string& broken :
         {std::string(), std::string("0:"), keys.substr(0, keys.size() - 1), keys + "00", "x" + keys,
          keys.substr(keys.find(':')), "99999999999" + keys, "99999999999999999999" + keys,
          keys + keys.substr(keys.find(':') + 1) + keys.substr(keys.find(':') + 1)}) {
        CHECK_FALSE(after->take_over_ticket_keys(broken, now));
    }
    CHECK_FALSE(resumes(after, session));

    REQUIRE(after->take_over_ticket_keys(keys, now + std::chrono::hours(1)));
    CHECK(resumes(after, session));
    CHECK(resumes(after, old_session));
    CHECK(resumes(before, visit(after, {.name = "a.example"}).session));
    // The age of the newest came along: it is replaced 4 hours after it was made.
    after->rotate_ticket_keys(now += limits::ticket_key_seals_for);
    CHECK_FALSE(resumes(before, visit(after, {.name = "a.example"}).session));
    CHECK(resumes(after, session));
}

TEST_CASE("client certificates: required, or taken if there is one") {
    const Made authority = make({.common_name = "CA", .authority = true});
    const Made stranger = make({.common_name = "stranger's CA", .authority = true});
    const Made alice = make({.common_name = "alice", .issuer = &authority});
    const Made mallory = make({.common_name = "mallory", .issuer = &stranger});
    const Made expired =
        make({.common_name = "old", .issuer = &authority, .from_seconds = -7'200, .until_seconds = -3'600});
    Hosts hosts({"open.example", "closed.example", "either.example"});
    hosts.request_certificate("closed.example", authority, true);
    hosts.request_certificate("either.example", authority, false);
    auto tls = hosts.tls();
    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto go = [&](const char* name, const Made* certificate) {
            return visit(tls, {.name = name, .version = version, .certificate = certificate});
        };
        CHECK(go("open.example", nullptr).open);
        CHECK(!go("open.example", &alice).told.certificate);  // the certificate is not asked for

        Visit got = go("closed.example", &alice);
        CHECK(got.open);
        CHECK(subject_of(got.told) == "CN=alice");
        CHECK(got.told.certificate->fingerprint == certificate_digest(alice));
        CHECK(got.told.certificate->certificate == "");
        got = go("closed.example", nullptr);
        CHECK(!got.open);
        CHECK(got.why == "the visitor has no certificate, and this host requires one");
        got = go("closed.example", &mallory);
        CHECK(!got.open);
        CHECK(got.why.starts_with("the visitor's certificate cannot be verified: "));
        CHECK(go("closed.example", &expired).why ==
              "the visitor's certificate cannot be verified: certificate has expired");

        CHECK(subject_of(go("either.example", &alice).told) == "CN=alice");
        got = go("either.example", nullptr);
        CHECK(got.open);
        CHECK(!got.told.certificate);
        CHECK(!go("either.example", &mallory).open);
    }
}

TEST_CASE("a rule with the chain: the certificate itself is told, in every connection") {
    const Made authority = make({.common_name = "CA", .authority = true});
    const Made alice = make({.common_name = "alice", .issuer = &authority});
    Hosts hosts({"chain.example", "plain.example"});
    hosts.request_certificate("chain.example", authority, true, true);
    hosts.request_certificate("plain.example", authority, true, false);
    auto tls = hosts.tls();
    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto go = [&](const char* name, SessionPtr session) {
            return visit(tls, {.name = name, .version = version, .certificate = &alice, .session = std::move(session)});
        };
        const Visit first = go("chain.example", nullptr);
        CHECK(subject_of(first.told) == "CN=alice");
        CHECK(first.told.certificate->certificate.starts_with(":MII"));
        CHECK(first.told.certificate->chain == "");  // its CA is the trusted one, which has signed itself
        const Visit again = go("chain.example", first.session);
        CHECK_FALSE(again.told.resumed);  // a ticket has no chain
        CHECK(*again.told.certificate == *first.told.certificate);
        CHECK_FALSE(go("chain.example", go("plain.example", nullptr).session).told.resumed);

        const Visit plain = go("plain.example", go("plain.example", nullptr).session);
        CHECK(plain.told.resumed);
        CHECK(plain.told.certificate->fingerprint == certificate_digest(alice));
        CHECK(plain.told.certificate->certificate == "");
    }
    // The rules differ in nothing else, but each connection is for its own.
    VisitorHandshake nameless;
    nameless.authority = visit(tls, {.name = "chain.example", .certificate = &alice}).told.authority;
    CHECK(tls->may_serve(nameless, "chain.example"));
    CHECK_FALSE(tls->may_serve(nameless, "plain.example"));
}

TEST_CASE("a session is not resumed where another rule about client certificates holds") {
    const Made one = make({.common_name = "CA one", .authority = true});
    const Made two = make({.common_name = "CA two", .authority = true});
    const Made alice = make({.common_name = "alice", .issuer = &one});
    Hosts hosts({"open.example", "one.example", "two.example"});
    hosts.request_certificate("one.example", one);
    hosts.request_certificate("two.example", two);
    auto tls = hosts.tls();
    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const auto go = [&](const char* name, const Made* certificate, SessionPtr session) {
            return visit(tls,
                         {.name = name, .version = version, .certificate = certificate, .session = std::move(session)});
        };
        const SessionPtr open = go("open.example", nullptr, nullptr).session;
        const SessionPtr alices = go("one.example", &alice, nullptr).session;
        REQUIRE(open);
        REQUIRE(alices);
        Visit again = go("one.example", nullptr, alices);  // whoever has the session has shown the certificate
        CHECK(again.told.resumed);
        CHECK(subject_of(again.told) == "CN=alice");
        CHECK(!go("one.example", nullptr, open).open);
        CHECK(!go("two.example", nullptr, alices).open);
        CHECK(!go("two.example", &alice, alices).open);
        CHECK(!go("open.example", nullptr, alices).told.resumed);
    }
    // The host is the same, but its CA has been replaced: the old sessions do not get in.
    const SessionPtr alices = visit(tls, {.name = "one.example", .certificate = &alice}).session;
    put_file(hosts.settings.client_authorities[0].ca_file, certificate_pem(two));
    REQUIRE(tls->reload_if_changed(wall_now()));
    CHECK(!visit(tls, {.name = "one.example", .session = alices}).open);
}

TEST_CASE("a client CA that goes bad leaves the rules as they were") {
    const Made authority = make({.common_name = "CA", .authority = true});
    const Made alice = make({.common_name = "alice", .issuer = &authority});
    Hosts hosts({"a.example"});
    hosts.request_certificate("a.example", authority);
    auto tls = hosts.tls();
    const auto file = hosts.settings.client_authorities[0].ca_file;
    put_file(file, "damaged");
    auto report = tls->reload_if_changed(wall_now());
    REQUIRE(report);
    REQUIRE(report->problems.size() == 1);
    CHECK(report->problems[0].reason == file.string() + ": contains no certificate in PEM form");
    CHECK(report->problems[0].kept);
    CHECK(!tls->reload_if_changed(wall_now()));
    CHECK(!visit(tls, {.name = "a.example"}).open);
    CHECK(visit(tls, {.name = "a.example", .certificate = &alice}).open);

    CHECK_THROWS_WITH(hosts.tls(), file.string() + ": contains no certificate in PEM form");  // not served without it
}

TEST_CASE("which requests belong on a connection") {
    const Made authority = make({.common_name = "CA", .authority = true});
    const Made alice = make({.common_name = "alice", .issuer = &authority});
    Hosts hosts({"open.example", "closed.example"});
    put_pair(hosts.directory.path(), "fallback", make({.alternative_names = "DNS:fallback.example"}));
    hosts.settings.certificates.fallback = {hosts.directory.path() / "fallback.crt",
                                            hosts.directory.path() / "fallback.key"};
    hosts.request_certificate("closed.example", authority);
    auto tls = hosts.tls();
    const VisitorHandshake open = visit(tls, {.name = "open.example"}).told;
    CHECK(tls->may_serve(open, "open.example"));
    CHECK(!tls->may_serve(open, "closed.example"));
    CHECK(!tls->may_serve(open, "other.example"));
    const VisitorHandshake closed = visit(tls, {.name = "closed.example", .certificate = &alice}).told;
    CHECK(tls->may_serve(closed, "closed.example"));
    CHECK(!tls->may_serve(closed, "open.example"));
    const VisitorHandshake nameless = visit(tls, {}).told;
    CHECK(tls->may_serve(nameless, "open.example"));
    CHECK(tls->may_serve(nameless, "other.example"));
    CHECK(!tls->may_serve(nameless, "closed.example"));

    // The host's CA is replaced: visitors that are in already must show their certificate again.
    put_file(hosts.settings.client_authorities[0].ca_file, certificate_pem(make({.authority = true})));
    REQUIRE(tls->reload_if_changed(wall_now()));
    CHECK(!tls->may_serve(closed, "closed.example"));
    CHECK(tls->may_serve(open, "open.example"));
}

TEST_CASE("a visitor's pipe carries bytes both ways and tells its end") {
    Hosts hosts({"a.example"});
    auto tls = hosts.tls();
    for (int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto [left, right] = runtime::socket_pair();
        VisitorClient client(std::move(left), {.name = "a.example", .version = version});
        std::unique_ptr<Pipe> pipe = make_tls_pipe(std::move(right), tls->context());
        CHECK(pipe->visitor() == nullptr);
        std::string why;
        IoStatus status = IoStatus::would_block;
        while (!client.open || status != IoStatus::ok) {
            client.step();
            status = pipe->handshake(why);
            REQUIRE(status != IoStatus::error);
        }
        const std::string request(5'000, 'q');
        std::size_t written = 0;
        REQUIRE(SSL_write_ex(client.ssl(), request.data(), request.size(), &written) == 1);
        CHECK(read_exactly(*pipe, request.size()) == request);
        CHECK(write_text(*pipe, std::string(50'000, 'a')).status == IoStatus::ok);
        client.read_on();
        CHECK(client.text == std::string(50'000, 'a'));
        SSL_shutdown(client.ssl());
        CHECK(read_to_end(*pipe).status == IoStatus::eof);
    }
    CHECK(open_tls().server->visitor() == nullptr);  // a trunk has no visitor
}

TEST_CASE("the reader of ClientHellos understands what OpenSSL sends") {
    for (int version : {TLS1_VERSION, TLS1_2_VERSION, TLS1_3_VERSION}) {
        auto [left, right] = runtime::socket_pair();
        VisitorClient client(std::move(left), {.name = "App.Example", .protocols = h2_and_http11, .version = version});
        client.step();
        std::vector<std::uint8_t> bytes(65'536);
        bytes.resize(runtime::read_some(right.get(), MutableBytes(bytes)).bytes);
        for (std::size_t step : {bytes.size(), std::size_t{1}}) {
            net::ClientHelloReader reader;
            for (std::size_t have = step; have < bytes.size(); have += step) {
                REQUIRE(reader.examine(Bytes(bytes).first(have)) == net::ClientHelloReader::Status::more);
            }
            REQUIRE(reader.examine(bytes) == net::ClientHelloReader::Status::complete);
            CHECK(reader.hello() == net::ClientHello{"app.example", {"h2", "http/1.1"}});
        }
    }
}
