// Tests the plugin `jwt` on a real chain, with valid and forged tokens.
#include "jwt/jwt.hpp"

#include <unistd.h>

#include <atomic>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <thread>

#include "common/service_for_tests.hpp"
#include "jwt/signer_for_tests.hpp"
#include "unit/plugin/run_rig.hpp"

using namespace ferrotunnel;
using namespace std::chrono_literals;
using ferrotunnel::plugins::Jwt;
using ferrotunnel::plugins::WorkPool;
using ferrotunnel::test::base64url;
using ferrotunnel::test::PluginRig;
using ferrotunnel::test::Signer;
using hooks::Step;

namespace {

long unix_seconds() {
    return static_cast<long>(std::time(nullptr));
}

std::string claims(const std::string& more = "") {
    return R"({"sub":"ann","iss":"me","aud":"app","exp":)" + std::to_string(unix_seconds() + 600) + more + "}";
}

/// A text as a JSON string, which YAML accepts as well.
std::string as_json(const std::string& text) {
    return nlohmann::json(text).dump();
}

struct JwtFixture : PluginRig {
    explicit JwtFixture(std::string_view settings) { add<Jwt>({"jwt", true, false}, settings); }

    void wait_for(int count) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        while (count > 0) {
            REQUIRE(std::chrono::steady_clock::now() < deadline);
            count -= deliver();
            std::this_thread::sleep_for(1ms);
        }
    }
    /// "200 " and what the backend receives, or "401 jwt_invalid".
    std::string come_with(const std::string& fields) {
        begin("GET /", fields);
        Step step = ask();
        waited = step == Step::wait;
        while (step == Step::wait) {
            wait_for(1);
            step = ask();
        }
        std::string result = "200 " + (step == Step::go_on ? sent() : std::string());
        if (step == Step::answer) {
            reply = run->take_reply();
            result = std::to_string(reply.page ? http::info_of(*reply.page).status : reply.status) + " " + reply.code;
        }
        end();
        return result;
    }
    std::string send_request(const std::string& token) { return come_with("Authorization: Bearer " + token + "\r\n"); }
    hooks::Reply reply;
    bool waited = false;
};

bool passes_jwt(const std::string& result) {
    return result.starts_with("200 GET");
}

}  // namespace

TEST_CASE("jwt: each algorithm, and none with another one's key", "[jwt]") {
    for (const std::string name : {"HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512",
                                   "ES256", "ES384", "ES512", "EdDSA"}) {
        INFO(name);
        const Signer signer(name);
        const bool has_secret = name.starts_with("HS");
        JwtFixture rig("{audience: app, keys: [{alg: " + name + ", " +
                       (has_secret ? "secret: " + signer.secret : "public_key: " + as_json(signer.pem())) + "}]}");
        const std::string header = R"({"alg":")" + name + R"("})";
        const std::string good = signer.token(header, claims());
        CHECK(passes_jwt(rig.send_request(good)));
        CHECK(rig.waited == !has_secret);
        CHECK(passes_jwt(rig.send_request(good)));
        CHECK_FALSE(rig.waited);  // it is known
        Signer other(name);
        other.secret = std::string(64, 'o');
        CHECK(rig.send_request(other.token(header, claims())) == "401 jwt_invalid");
        const std::size_t dot = good.rfind('.');
        std::string changed = good;
        changed[dot + 5] = changed[dot + 5] == 'A' ? 'B' : 'A';
        CHECK(rig.send_request(changed) == "401 jwt_invalid");
        CHECK(rig.send_request(good.substr(0, dot + 1)) == "401 jwt_invalid");
        CHECK(rig.send_request(good.substr(0, good.size() - 4)) == "401 jwt_invalid");
        if (!has_secret) {  // the public key as a secret, which the algorithm in the header would require
            const std::string text = base64url(R"({"alg":"HS256"})") + "." + base64url(claims());
            CHECK(rig.send_request(text + "." + base64url(Signer::hmac("SHA256", signer.pem(), text))) ==
                  "401 jwt_invalid");
        }
        for (const std::string alg : {"none", "None", "", "ES256K"}) {
            CHECK(rig.send_request(base64url(R"({"alg":")" + alg + R"("})") + "." + base64url(claims()) + ".") ==
                  "401 jwt_invalid");
        }
    }
}

TEST_CASE("jwt: headers of tokens that get nowhere", "[jwt][hostile]") {
    const Signer signer("HS256");
    JwtFixture rig("{audience: app, keys: [{alg: HS256, kid: mine, secret: " + signer.secret + "}]}");
    CHECK(passes_jwt(rig.send_request(signer.token(R"({"alg":"HS256","kid":"mine","typ":"JWT"})", claims()))));
    CHECK(passes_jwt(rig.send_request(signer.token(R"({"alg":"HS256","typ":"application/AT+jwt"})", claims()))));
    // Sources of keys in the header are ignored; the signature counts.
    CHECK(passes_jwt(rig.send_request(signer.token(R"({"alg":"HS256","jku":"http://127.0.0.1:1/k"})", claims()))));
    const std::string deep = std::string(20, '[') + std::string(20, ']');
    for (const std::string header : {R"({"alg":"HS256","crit":["exp"]})",
                                     R"({"alg":"HS256","crit":[]})",
                                     R"({"alg":"HS256","b64":false})",
                                     R"({"alg":"HS256","alg":"HS256"})",
                                     R"({"alg":"none","alg":"HS256"})",
                                     R"({"alg":["HS256"]})",
                                     R"({"alg":256})",
                                     R"({"alg":"hs256"})",
                                     R"({"alg":"HS384"})",
                                     R"({"kid":"mine"})",
                                     R"({"alg":"HS256","kid":7})",
                                     R"({"alg":"HS256","kid":"../../dev/null"})",
                                     R"({"alg":"HS256","kid":"' OR 1=1"})",
                                     R"({"alg":"HS256","typ":"logout+jwt"})",
                                     R"({"alg":"HS256","typ":"dpop+jwt"})",
                                     R"(["HS256"])",
                                     R"("HS256")",
                                     R"({"alg":"HS256"}{})",
                                     R"({"alg":"HS256",})",
                                     "",
                                     "{}"}) {
        INFO(header);
        CHECK(rig.send_request(signer.token(header, claims())) == "401 jwt_invalid");
    }
    CHECK(rig.send_request(signer.token(R"({"alg":"HS256","kid":")" + std::string(257, 'k') + "\"}", claims())) ==
          "401 jwt_invalid");
    CHECK(rig.send_request(signer.token(R"({"alg":"HS256","x":)" + deep + "}", claims())) == "401 jwt_invalid");
}

TEST_CASE("jwt: forms of tokens that get nowhere", "[jwt][hostile]") {
    const Signer signer("HS256");
    JwtFixture rig("{audience: app, keys: [{alg: HS256, secret: " + signer.secret + "}]}");
    const std::string good = signer.token(R"({"alg":"HS256"})", claims());
    CHECK(passes_jwt(rig.send_request(good)));
    const std::string last = good.substr(0, good.size() - 1);
    const std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    // 32 bytes have 43 letters, the last one with two unused bits.
    const std::string other_end = last + alphabet[alphabet.find(good.back()) + 1];
    for (const std::string& token :
         {other_end, good + "=", good + ".", good + ".a", "." + good, good.substr(good.find('.') + 1), std::string("."),
          std::string(".."), std::string("..."), std::string("a.b.c"), good + "~", last + "+", last,
          good.substr(0, good.find('.')) + "=" + good.substr(good.find('.'))}) {
        INFO(token);
        CHECK(rig.send_request(token) == "401 jwt_invalid");
    }
    const std::string header = R"({"alg":"HS256"})";
    const auto sized = [&](std::size_t size) {
        return signer.token(header, claims(R"(,"x":")" + std::string(size, 'x') + "\""));
    };
    std::size_t size = 5'000;
    while (sized(size + 1).size() <= plugins::Token::size_max) {
        ++size;
    }
    CHECK(passes_jwt(rig.send_request(sized(size))));
    CHECK(rig.send_request(sized(size + 1)) == "401 jwt_invalid");
    CHECK(rig.come_with("") == "401 jwt_required");
    CHECK(rig.come_with("Authorization: Basic abc\r\n") == "401 jwt_required");
    CHECK(rig.come_with("Authorization: Bearer " + good + "\r\nAuthorization: Bearer " + good + "\r\n") ==
          "401 jwt_invalid");
    CHECK(rig.reply.fields[0].second == R"(Bearer realm="Restricted", error="invalid_token")");
}

TEST_CASE("jwt: claims that are not good", "[jwt][hostile]") {
    const Signer signer("HS256");
    const std::string key = "keys: [{alg: HS256, secret: " + signer.secret + "}]";
    JwtFixture rig("{audience: [app, api], issuer: [me, you], skew: 5m, " + key + "}");
    const auto send_request = [&](const std::string& text) {
        return rig.send_request(signer.token(R"({"alg":"HS256"})", text));
    };
    const auto at = [](long offset) { return std::to_string(unix_seconds() + offset); };
    const std::string mine = R"("iss":"me","aud":"app")";
    CHECK(passes_jwt(send_request("{" + mine + R"(,"exp":)" + at(600) + "}")));
    CHECK(passes_jwt(send_request("{" + mine + R"(,"exp":)" + at(-10) + "}")));  // within the skew
    CHECK(passes_jwt(send_request("{" + mine + R"(,"exp":)" + at(600) + R"(.5,"nbf":)" + at(10) + "}")));
    CHECK(passes_jwt(send_request(R"({"iss":"you","aud":["x","api"],"exp":)" + at(600) + "}")));
    for (const std::string& text : {
             "{" + mine + R"(,"exp":)" + at(-301) + "}",
             "{" + mine + R"(,"exp":)" + at(600) + R"(,"nbf":)" + at(3600) + "}",
             "{" + mine + R"(,"exp":)" + at(600) + R"(,"nbf":"0"})",
             "{" + mine + R"(,"exp":")" + at(600) + "\"}",
             "{" + mine + R"(,"exp":null})",
             "{" + mine + "}",
             "{" + mine + R"(,"exp":1e999})",
             "{" + mine + R"(,"exp":-1})",
             "{" + mine + R"(,"exp":1,"exp":)" + at(600) + "}",
             R"({"aud":"app","exp":)" + at(600) + "}",
             R"({"iss":"they","aud":"app","exp":)" + at(600) + "}",
             R"({"iss":["me"],"aud":"app","exp":)" + at(600) + "}",
             R"({"iss":"me","exp":)" + at(600) + "}",
             R"({"iss":"me","aud":"other","exp":)" + at(600) + "}",
             R"({"iss":"me","aud":["other",["app"]],"exp":)" + at(600) + "}",
             R"({"iss":"me","aud":{"app":1},"exp":)" + at(600) + "}",
             R"({"iss":"me","aud":"*","exp":)" + at(600) + "}",
             std::string("[]"),
         }) {
        INFO(text);
        CHECK(send_request(text) == "401 jwt_invalid");
    }
    JwtFixture any("{audience: '*', require_exp: false, " + key + "}");
    CHECK(passes_jwt(any.send_request(signer.token(R"({"alg":"HS256"})", "{}"))));
}

TEST_CASE("jwt: a token that is known ends nevertheless", "[jwt]") {
    const Signer signer("HS256");
    JwtFixture rig("{audience: app, skew: 0, keys: [{alg: HS256, secret: " + signer.secret + "}]}");
    const std::string token =
        signer.token(R"({"alg":"HS256"})", R"({"aud":"app","exp":)" + std::to_string(unix_seconds() + 2) + "}");
    const auto deadline = std::chrono::steady_clock::now() + 60s;
    while (rig.send_request(token) != "401 jwt_invalid") {
        REQUIRE(std::chrono::steady_clock::now() < deadline);
        std::this_thread::sleep_for(50ms);
    }
}

TEST_CASE("jwt: the backend is told what the claims say, and nothing else", "[jwt]") {
    const Signer signer("HS256");
    const std::string key = "keys: [{alg: HS256, secret: " + signer.secret + "}]";
    JwtFixture rig(
        "{audience: app, claims: {sub: X-User, groups: X-Groups, level: X-Level, odd: X-Odd}, cookie: token, " + key +
        "}");
    const std::string header = R"({"alg":"HS256"})";
    const std::string forged = "X-User: root\r\nx_groups: admin\r\nX-Odd: 1\r\nX-Level: 9\r\n";
    const std::string good = signer.token(header, claims(R"(,"groups":["a","b"],"level":3,"odd":{"x":1})"));
    CHECK(rig.come_with(forged + "Authorization: Bearer " + good + "\r\n") ==
          "200 GET / HTTP/1.1\r\nHost: app.test\r\nX-Groups: a,b\r\nX-Level: 3\r\nX-User: ann\r\n\r\n");
    CHECK(rig.come_with(forged + "Cookie: a=b; token=" + good + "; c=d\r\n") ==
          "200 GET / HTTP/1.1\r\nHost: app.test\r\nX-Groups: a,b\r\nX-Level: 3\r\nX-User: ann\r\nCookie: a=b; "
          "c=d\r\n\r\n");
    CHECK(rig.come_with("Cookie: token=x; token=" + good + "\r\n") == "401 jwt_invalid");
    const std::string split = signer.token(header, claims(R"(,"groups":["a,admin"],"odd":"a\r\nX-Admin: 1")"));
    CHECK(rig.come_with(forged + "Authorization: Bearer " + split + "\r\n") ==
          "200 GET / HTTP/1.1\r\nHost: app.test\r\nX-User: ann\r\n\r\n");
    CHECK(rig.come_with(forged) == "401 jwt_required");
    JwtFixture forwards("{audience: app, forward: true, " + key + "}");
    CHECK(forwards.send_request(good).find("Authorization: Bearer " + good) != std::string::npos);
}

TEST_CASE("jwt: more checks than may wait are refused", "[jwt][pool]") {
    const auto pool = WorkPool::shared();
    std::promise<void> opens;
    std::shared_future<void> open = opens.get_future().share();
    const auto begun = std::make_shared<std::atomic<std::size_t>>(0);
    std::uint64_t group = 0;
    const auto fill = [&] {
        const auto wait = [open, begun] {
            ++*begun;
            open.wait();
        };
        while (pool->submit({++group, 0}, {wait, {}}).is_taken) {  // of a share each, so that nothing is displaced
        }
    };
    fill();
    while (*begun < pool->threads_max()) {
        std::this_thread::yield();
    }
    fill();  // in the places of those that have started since
    const Signer signer("ES256");
    JwtFixture rig("{audience: app, keys: [{alg: ES256, public_key: " + as_json(signer.pem()) + "}]}");
    CHECK(rig.send_request(signer.token(R"({"alg":"ES256"})", claims())) == "503 jwt_busy");
    opens.set_value();
}

TEST_CASE("jwt: key sets", "[jwt][jwks]") {
    const Signer rsa("RS256");
    const Signer ec("ES384");
    const Signer ed("EdDSA");
    char folder[] = "/tmp/ferrotunnel-jwt.XXXXXX";
    REQUIRE(::mkdtemp(folder) != nullptr);
    const std::string path = std::string(folder) + "/keys";
    const auto write = [&](const std::string& text) {
        std::ofstream(path + ".new") << text;
        std::filesystem::rename(path + ".new", path);
    };
    const std::string rsa_key =
        R"({"kty":"RSA","kid":"r","n":")" + rsa.number("n") + R"(","e":")" + rsa.number("e") + "\"}";
    const std::string ec_key = R"({"kty":"EC","kid":"e","crv":"P-384","use":"sig","x":")" + ec.number("qx", 48) +
                               R"(","y":")" + ec.number("qy", 48) + "\"}";
    const std::string ed_key = R"({"kty":"OKP","kid":"d","crv":"Ed25519","x":")" + ed.raw() + "\"}";
    const std::string secret_key =
        R"({"kty":"oct","kid":"h","alg":"HS256","k":")" + base64url(std::string(32, 'k')) + "\"}";
    write(R"({"keys":[{"kty":"new"},)" + rsa_key + "," + ec_key + "," + ed_key + "," + secret_key + "]}");
    JwtFixture rig("{audience: app, jwks_file: '" + path + "'}");
    Signer secret("HS256");
    secret.secret = std::string(32, 'k');
    CHECK(passes_jwt(rig.send_request(rsa.token(R"({"alg":"RS256","kid":"r"})", claims()))));
    CHECK(passes_jwt(rig.send_request(ec.token(R"({"alg":"ES384","kid":"e"})", claims()))));
    CHECK(passes_jwt(rig.send_request(ed.token(R"({"alg":"EdDSA","kid":"d"})", claims()))));
    CHECK(passes_jwt(rig.send_request(ed.token(R"({"alg":"EdDSA"})", claims()))));
    CHECK(passes_jwt(rig.send_request(secret.token(R"({"alg":"HS256","kid":"h"})", claims()))));
    CHECK(rig.send_request(ed.token(R"({"alg":"EdDSA","kid":"r"})", claims())) == "401 jwt_invalid");
    CHECK(rig.send_request(ed.token(R"({"alg":"EdDSA","kid":"x"})", claims())) == "401 jwt_invalid");
    // A key set from a URL has no secrets.
    CHECK(plugins::read_key_set(R"({"keys":[)" + ec_key + "," + secret_key + "]}", false).size() == 1);
    CHECK(plugins::read_key_set(R"({"keys":[)" + ec_key + "," + secret_key + "]}", true).size() == 2);
    for (const std::string& bad :
         {std::string("{}"), std::string(R"({"keys":[]})"), std::string("<html>"),
          R"({"keys":[],"keys":[)" + ec_key + "]}", R"({"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]})" + std::string(),
          R"({"keys":[{"kty":"EC","crv":"P-256","x":")" + base64url(std::string(32, 'x')) + R"(","y":")" +
              base64url(std::string(32, 'y')) + R"("}]})",
          R"({"keys":[)" + ec_key.substr(0, ec_key.size() - 1) + R"(,"use":"enc"}]})"}) {
        INFO(bad);
        CHECK_THROWS(plugins::read_key_set(bad, true));
    }
    std::string many = R"({"keys":[)" + ec_key;
    for (int i = 1; i < 100; ++i) {
        many += "," + ec_key;
    }
    CHECK(plugins::read_key_set(many + "]}", true).size() == 100);
    CHECK_THROWS(plugins::read_key_set(many + "," + ec_key + "]}", true));
    std::filesystem::remove_all(folder);
}

namespace {

/// A key server that responds once, and then not until it is released. A fetch waits for 4 s at most.
class SlowKeys {
public:
    explicit SlowKeys(std::string keys)
        : service_([this, keys](const std::string&) {
              if (asked_++ > 0) {
                  open_.wait();
              }
              return test::Service::json(keys);
          }) {}
    ~SlowKeys() { opens_.set_value(); }
    const std::string& url() const { return service_.url; }

private:
    std::promise<void> opens_;
    std::shared_future<void> open_ = opens_.get_future().share();
    std::atomic<int> asked_{0};
    test::Service service_;
};

struct KeyCrowd {
    std::size_t busy = 0;
    std::size_t wrong = 0;  // rejected as invalid
    bool in_time = false;   // everything happened while the key server was silent
};

/// As many visitors with an unknown key as may wait for it, one of another service, and one too many.
KeyCrowd crowd_at_key_server(const Signer& signer, const std::string& keys) {
    SlowKeys server(keys);
    JwtFixture rig("{audience: app, jwks_url: '" + server.url() + "'}");
    REQUIRE(passes_jwt(rig.send_request(signer.token(R"({"alg":"ES384","kid":"e"})", claims()))));
    const std::string unknown = signer.token(R"({"alg":"ES384","kid":"new"})", claims());
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::unique_ptr<hooks::HttpRun>> runs;
    const auto send_request = [&](const char* service) {
        rig.info.service = service;
        rig.begin("GET /", "Authorization: Bearer " + unknown + "\r\n");
        REQUIRE(rig.ask() == Step::wait);
        runs.push_back(std::move(rig.run));
    };
    for (std::size_t i = 0; i < plugins::KeySource::waiters_max; ++i) {
        send_request("noisy");
    }
    send_request("quiet");
    send_request("noisy");
    rig.wait_for(2);
    KeyCrowd crowd;
    for (const auto& run : runs) {
        if (run->request(rig.now) == Step::answer) {
            const std::string code = run->take_reply().code;
            crowd.busy += code == "jwt_busy" ? 1 : 0;
            crowd.wrong += code == "jwt_invalid" ? 1 : 0;
        }
    }
    crowd.in_time = std::chrono::steady_clock::now() - start < 3s;
    for (const auto& run : runs) {
        run->close({});
    }
    return crowd;
}

}  // namespace

TEST_CASE("jwt: who has no place to wait for a key is not said to have a wrong token", "[jwt][jwks]") {
    const Signer ec("ES384");
    const std::string keys = R"({"keys":[{"kty":"EC","kid":"e","crv":"P-384","use":"sig","x":")" + ec.number("qx", 48) +
                             R"(","y":")" + ec.number("qy", 48) + R"("}]})";
    KeyCrowd crowd = crowd_at_key_server(ec, keys);
    while (!crowd.in_time) {
        crowd = crowd_at_key_server(ec, keys);
    }
    CHECK(crowd.busy == 2);
    CHECK(crowd.wrong == 0);
}

TEST_CASE("jwt: settings that cannot work are told with their places", "[jwt][check]") {
    const auto wrong = [](const std::string& settings) { return PluginRig::wrong<Jwt>(settings); };
    const std::string es = as_json(Signer("ES256").pem());
    CHECK(wrong("{audience: a}").find("has no keys") != std::string::npos);
    CHECK(wrong("{jwks_url: 'http://127.0.0.1/k'}").find("audience") != std::string::npos);
    CHECK(wrong("{audience: a, jwks_url: 'ftp://127.0.0.1/k'}").find("jwks_url: is not an HTTP URL") == 0);
    CHECK(wrong("{audience: a, jwks_url: 'http://127.0.0.1/k'}").empty());
    CHECK(wrong("{audience: a, keys: [{alg: HS256}]}").find("keys[0]: needs one of") == 0);
    CHECK(wrong("{audience: a, keys: [{alg: none, secret: x}]}").find("alg") != std::string::npos);
    CHECK(wrong("{audience: a, keys: [{alg: HS256, secret: short}]}").find("keys[0].secret: has 5 bytes") == 0);
    CHECK(wrong("{audience: a, keys: [{alg: HS256, secret: " + es + "}]}").find("not a secret for HMAC") !=
          std::string::npos);
    CHECK(wrong("{audience: a, keys: [{alg: HS256, public_key: " + es + "}]}").find("not a secret for HMAC") !=
          std::string::npos);
    CHECK(wrong("{audience: a, keys: [{alg: ES384, public_key: " + es + "}]}").find("curve secp384r1") !=
          std::string::npos);
    CHECK(wrong("{audience: a, keys: [{alg: RS256, public_key: " + es + "}]}").find("is not an RSA key") !=
          std::string::npos);
    CHECK(wrong("{audience: a, keys: [{alg: RS256, public_key: nonsense}]}").find("is not a public key") !=
          std::string::npos);
    CHECK(wrong("{audience: a, keys: [{alg: ES256, public_key: " + es + "}], claims: {sub: Host}}")
              .find("claims[\"sub\"]") == 0);
    CHECK(wrong("{audience: a, keys: [{alg: ES256, public_key: " + es + "}], claims: {sub: X-A, name: X-A}}")
              .find("another claim too") != std::string::npos);
    CHECK(wrong("{audience: a, keys: [{alg: ES256, public_key: " + es + "}], cookie: 'a b'}")
              .find("cookie: is not a valid cookie name") == 0);
}
