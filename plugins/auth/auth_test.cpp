// The plugin `auth` on a real chain.
#include "auth/auth.hpp"

#include <unistd.h>

#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <future>
#include <new>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/rig_for_tests.hpp"

using namespace ferrotunnel;
using namespace std::chrono_literals;
using ferrotunnel::plugins::Auth;
using ferrotunnel::plugins::WorkPool;
using ferrotunnel::test::argon2;
using ferrotunnel::test::AuthRig;
using ferrotunnel::test::basic;
using ferrotunnel::test::bcrypt;
using ferrotunnel::test::PluginRig;
using ferrotunnel::test::sha512;
using ferrotunnel::test::yescrypt;
using hooks::Step;

namespace {

bool passes_auth(const std::string& result) {
    return result.starts_with("200 GET");
}

/// A file in a temporary folder.
struct File {
    File() {
        REQUIRE(::mkdtemp(folder) != nullptr);
        path = std::string(folder) + "/users";
    }
    ~File() { std::filesystem::remove_all(folder); }
    void write(const std::string& text) const {
        std::ofstream(path + ".new") << text;
        std::filesystem::rename(path + ".new", path);
    }
    char folder[32] = "/tmp/ferrotunnel-auth.XXXXXX";
    std::string path;
};

}  // namespace

TEST_CASE("auth: passwords of each kind of hash", "[auth]") {
    AuthRig rig("{users: {a: '" + yescrypt + "', b: '" + sha512 + "', c: '" + argon2 + "', d: '" + bcrypt +
                "'}, user_header: X-User, realm: 'a \"quoted\" \\ realm'}");
    for (const std::string right : {"a:yes", "b:six", "c:argon", "d:bcrypt"}) {
        INFO(right);
        const std::string head = rig.send_request(basic(right) + "X-User: root\r\nx_user: root\r\n");
        CHECK(head == "200 GET / HTTP/1.1\r\nHost: app.test\r\nX-User: " + right.substr(0, 1) + "\r\n\r\n");
    }
    for (const std::string wrong : {"a:six", "b:", "c:argon2", "nobody:yes", "A:yes"}) {
        INFO(wrong);
        CHECK(rig.send_request(basic(wrong)) == "401 auth_failed");
        CHECK(rig.waited);  // also for the unknown user
    }
    REQUIRE(rig.reply.fields.size() == 1);
    CHECK(rig.reply.fields[0].second == R"(Basic realm="a \"quoted\" \\ realm", charset="UTF-8")");
    CHECK(rig.send_request("X-User: root\r\n") == "401 auth_required");
}

TEST_CASE("auth: what is no credentials gets no check", "[auth]") {
    AuthRig rig("{users: {a: '" + yescrypt + "'}}");
    const std::string good = basic("a:yes");
    CHECK(rig.send_request(good + good) == "401 auth_failed");  // two credentials
    CHECK(rig.send_request("Authorization: Basic\r\n") == "401 auth_required");
    CHECK(rig.send_request("Authorization: Basic !!\r\n") == "401 auth_failed");
    CHECK(rig.send_request("Authorization: Bearer abc\r\n") == "401 auth_required");
    CHECK(rig.send_request("Authorization: Digest a=b\r\n") == "401 auth_required");
    CHECK(rig.send_request(basic("no colon")) == "401 auth_failed");
    CHECK(rig.send_request(basic(":yes")) == "401 auth_failed");
    CHECK(rig.send_request(basic("a:yes\n")) == "401 auth_failed");
    CHECK(rig.send_request(basic(std::string("a:yes\0", 6))) == "401 auth_failed");
    CHECK(rig.send_request(basic("a:" + std::string(1'025, 'x'))) == "401 auth_failed");
    CHECK(rig.send_request(basic(std::string(256, 'a') + ":x")) == "401 auth_failed");
    CHECK_FALSE(rig.waited);
    CHECK(rig.send_request(basic("a:" + std::string(1'024, 'x'))) == "401 auth_failed");
    CHECK(rig.waited);
    CHECK(passes_auth(
        rig.send_request("authorization: bAsIc " + good.substr(std::string("Authorization: Basic ").size()))));
}

TEST_CASE("auth: a right password is known for a while, a wrong one never", "[auth]") {
    AuthRig rig("{users: {a: '" + yescrypt + "'}, lockout: {failures: 0}}");
    CHECK(passes_auth(rig.send_request(basic("a:yes"))));
    CHECK(rig.waited);
    CHECK(passes_auth(rig.send_request(basic("a:yes"))));
    CHECK_FALSE(rig.waited);
    for (int i = 0; i < 3; ++i) {
        CHECK(rig.send_request(basic("a:no")) == "401 auth_failed");
        CHECK(rig.waited);
    }
    AuthRig never("{users: {a: '" + yescrypt + "'}, cache: 0}");
    for (int i = 0; i < 2; ++i) {
        CHECK(passes_auth(never.send_request(basic("a:yes"))));
        CHECK(never.waited);
    }
}

TEST_CASE("auth: credentials are forwarded where that is asked for", "[auth]") {
    AuthRig rig("{users: {a: '" + yescrypt + "'}, forward: true}");
    CHECK(rig.send_request(basic("a:yes")).find("\r\nAuthorization: Basic ") != std::string::npos);
}

TEST_CASE("auth: who guesses too often is shut out, with the right password too", "[auth][lockout]") {
    AuthRig rig("{users: {a: '" + yescrypt + "'}, lockout: {failures: 3, duration: 1h}}");
    CHECK(rig.send_request(basic("a:1")) == "401 auth_failed");
    CHECK(rig.send_request(basic("a:2")) == "401 auth_failed");
    CHECK(passes_auth(rig.send_request(basic("a:yes"))));  // counting restarts
    for (const std::string wrong : {"a:1", "a:2", "a:3"}) {
        CHECK(rig.send_request(basic(wrong)) == "401 auth_failed");
    }
    CHECK(rig.send_request(basic("a:yes")) == "429 auth_locked");
    CHECK_FALSE(rig.waited);
    REQUIRE(rig.reply.fields.size() == 1);
    CHECK(rig.reply.fields[0].first == "Retry-After");
    CHECK(std::stoi(rig.reply.fields[0].second) > 3'000);
    CHECK(rig.send_request(basic("b:1")) == "401 auth_failed");  // another user
}

TEST_CASE("limit: a burst has no more guesses than a lockout leaves", "[auth][lockout][limits]") {
    const auto pool = WorkPool::shared();
    std::promise<void> opens;
    std::shared_future<void> open = opens.get_future().share();
    for (std::size_t i = 0; i < WorkPool::shared_threads_max; ++i) {
        REQUIRE(pool->submit([open] { open.wait(); }));
    }
    AuthRig rig("{users: {a: '" + yescrypt + "', b: '" + sha512 + "'}, lockout: {failures: 3, duration: 1h}}");
    std::vector<std::unique_ptr<hooks::HttpRun>> runs;
    const auto send_request = [&](const std::string& credentials) {
        rig.begin("GET /", basic(credentials));
        REQUIRE(rig.ask() == Step::wait);
        runs.push_back(std::move(rig.run));
    };
    for (const char* const guess : {"a:1", "a:2", "a:3"}) {
        send_request(guess);
    }
    send_request("a:3");  // no further guess: it waits for the result of that one
    send_request("a:4");
    rig.wait_for(1);
    REQUIRE(runs.back()->request(rig.now) == Step::answer);
    CHECK(runs.back()->take_reply().code == "auth_locked");
    send_request("b:six");            // another user
    rig.info.visitor = "192.0.2.77";  // and another address
    send_request("a:yes");
    opens.set_value();
    rig.wait_for(6);
    std::vector<std::string> codes;
    for (const auto& run : runs) {
        const bool answered = run != runs[4] && run->request(rig.now) == Step::answer;
        codes.push_back(run == runs[4] ? "" : answered ? run->take_reply().code : "in");
        run->close({});
    }
    CHECK(codes ==
          std::vector<std::string>{"auth_failed", "auth_failed", "auth_failed", "auth_failed", "", "in", "in"});
}

TEST_CASE("lockout: user and address count together, and for a time", "[auth][lockout]") {
    using plugins::Lockout;
    Lockout lockout(2, 60s);
    const Lockout::Time now{1h};
    lockout.failed("a", "192.0.2.1", now);
    CHECK(lockout.left("a", "192.0.2.1", now) == 0s);
    lockout.failed("a", "192.0.2.1", now + 59s);
    CHECK(lockout.left("a", "192.0.2.1", now + 59s) == 60s);
    CHECK(lockout.left("a", "192.0.2.1", now + 118s + 1ms) == 1s);
    CHECK(lockout.left("a", "192.0.2.1", now + 119s) == 0s);
    CHECK(lockout.left("a", "192.0.2.2", now + 59s) == 0s);
    CHECK(lockout.left("b", "192.0.2.1", now + 59s) == 0s);
    lockout.failed("b", "192.0.2.1", now);
    lockout.failed("b", "192.0.2.1", now + 60s);  // the first failure does not count any more
    CHECK(lockout.left("b", "192.0.2.1", now + 60s) == 0s);
    lockout.failed("c", "2001:db8::1", now);
    lockout.failed("c", "2001:db8::2", now);
    CHECK(lockout.left("c", "2001:db8::3", now) == 60s);
    CHECK(lockout.left("c", "2001:db8:0:1::1", now) == 0s);
    for (std::size_t i = 0; i < Lockout::pairs_max; ++i) {  // the oldest ones are evicted
        lockout.failed(std::to_string(i), "192.0.2.9", now);
    }
    CHECK(lockout.left("c", "2001:db8::3", now) == 0s);
    lockout.failed("16383", "192.0.2.9", now);
    CHECK(lockout.left("16383", "192.0.2.9", now) == 60s);
}

TEST_CASE("auth: keys of programs", "[auth][keys]") {
    const std::string key = "0123456789abcdef";
    const std::string digest = "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f";
    AuthRig bearer("{keys: {ci: '" + digest + "'}, user_header: X-User}");
    CHECK(bearer.send_request("Authorization: Bearer " + key + "\r\n") ==
          "200 GET / HTTP/1.1\r\nHost: app.test\r\nX-User: ci\r\n\r\n");
    CHECK(bearer.send_request("Authorization: Bearer " + digest + "\r\n") == "401 auth_failed");
    CHECK(bearer.reply.fields[0].second == "Bearer realm=\"Restricted\"");
    CHECK(bearer.send_request("X-API-Key: " + key + "\r\n") == "401 auth_required");
    CHECK(bearer.send_request("Authorization: Bearer " + std::string(2'000, 'x') + "\r\n") == "401 auth_failed");

    AuthRig field("{keys: {ci: '" + digest + "'}, key_header: X-API-Key, users: {a: '" + yescrypt + "'}}");
    CHECK(field.send_request("X-API-Key: " + key + "\r\nCookie: a\r\n") ==
          "200 GET / HTTP/1.1\r\nHost: app.test\r\nCookie: a\r\n\r\n");
    CHECK(field.send_request("X-API-Key: no\r\n" + basic("a:yes")) == "401 auth_failed");
    CHECK(field.send_request("X-API-Key: " + key + "\r\nX-API-Key: " + key + "\r\n") == "401 auth_failed");
    CHECK(field.send_request("Authorization: Bearer " + key + "\r\n") == "401 auth_required");
    CHECK(passes_auth(field.send_request(basic("a:yes"))));
}

TEST_CASE("auth: one address cannot fill the queue, and equal checks run once", "[auth][pool]") {
    const auto pool = WorkPool::shared();
    std::promise<void> opens;
    std::shared_future<void> open = opens.get_future().share();
    for (std::size_t i = 0; i < WorkPool::shared_threads_max; ++i) {
        REQUIRE(pool->submit([open] { open.wait(); }));
    }
    AuthRig rig("{users: {a: '" + yescrypt + "'}, lockout: {failures: 0}}");
    std::vector<std::unique_ptr<hooks::HttpRun>> runs;
    const auto send_request = [&](const std::string& password) {
        rig.begin("GET /", basic("a:" + password));
        REQUIRE(rig.ask() == Step::wait);
        runs.push_back(std::move(rig.run));
    };
    const std::size_t many = plugins::Verifier::pending_of_address_max;
    for (std::size_t i = 0; i < many; ++i) {
        send_request(i == 0 ? "yes" : std::to_string(i));
    }
    send_request("yes");  // joins the first one
    send_request("one more");
    rig.wait_for(1);
    REQUIRE(runs.back()->request(rig.now) == Step::answer);
    CHECK(runs.back()->take_reply().code == "auth_busy");
    opens.set_value();
    rig.wait_for(static_cast<int>(many) + 1);
    int in = 0;
    for (std::size_t i = 0; i <= many; ++i) {
        in += runs[i]->request(rig.now) == Step::go_on ? 1 : 0;
    }
    CHECK(in == 2);
    for (const auto& run : runs) {
        run->close({});
    }
}

TEST_CASE("limit: checks of one token's services leave half of the queue to another token's", "[auth][limits][pool]") {
    const auto pool = WorkPool::shared();
    std::promise<void> opens;
    std::shared_future<void> open = opens.get_future().share();
    std::atomic<std::size_t> begun{0};
    for (std::size_t i = 0; i < pool->threads_max(); ++i) {
        REQUIRE(pool->submit([open, &begun] {
            ++begun;
            open.wait();
        }));
    }
    while (begun < pool->threads_max()) {  // nothing waits yet
        std::this_thread::yield();
    }
    AuthRig rig("{users: {a: '" + bcrypt + "'}, lockout: {failures: 0}}");
    std::vector<std::string> addresses;
    for (int i = 0; i < 200; ++i) {
        addresses.push_back("10.0." + std::to_string(i) + ".1");
    }
    std::vector<std::unique_ptr<hooks::HttpRun>> runs;
    // Both tokens have many services of the same names.
    std::vector<std::string> services;
    for (int i = 0; i < 300; ++i) {
        services.push_back("s" + std::to_string(i));
    }
    const auto send_request = [&](const char* token, std::size_t i) {
        rig.info.token = token;
        rig.info.service = services[i % services.size()];
        rig.info.visitor = addresses[i % addresses.size()];
        rig.begin("GET /", basic("a:" + std::string(token) + std::to_string(i)));
        REQUIRE(rig.ask() == Step::wait);
        runs.push_back(std::move(rig.run));
    };
    const std::size_t all = WorkPool::shared_queue_max;
    for (std::size_t i = 0; i < all; ++i) {
        send_request("noisy", i);
    }
    for (std::size_t i = 0; i < all / 2; ++i) {
        send_request("quiet", i);
    }
    rig.wait_for(static_cast<int>(all / 2));
    std::size_t busy = 0;
    for (std::size_t i = 0; i < all; ++i) {
        busy += runs[i]->request(rig.now) == Step::answer && runs[i]->take_reply().code == "auth_busy" ? 1 : 0;
    }
    CHECK(busy == all / 2);
    send_request("quiet", 199);  // its share is full
    rig.wait_for(1);
    REQUIRE(runs.back()->request(rig.now) == Step::answer);
    CHECK(runs.back()->take_reply().code == "auth_busy");
    for (const auto& run : runs) {
        run->close({});
    }
    opens.set_value();
}

TEST_CASE("limit: of the checks of all clients' services, one service has a part", "[auth][limits][clients]") {
    const auto pool = WorkPool::shared_by_clients();
    std::promise<void> opens;
    std::shared_future<void> open = opens.get_future().share();
    for (std::size_t i = 0; i < WorkPool::shared_threads_max; ++i) {
        REQUIRE(pool->submit([open] { open.wait(); }));
    }
    const std::string settings = "{hashes: cheap, users: {a: '" + bcrypt + "'}, lockout: {failures: 0}}";
    AuthRig rig(settings);
    AuthRig other(settings);
    const std::string addresses[] = {"192.0.2.1", "192.0.2.2"};
    std::vector<std::unique_ptr<hooks::HttpRun>> runs;
    const auto send_request = [&](AuthRig& to, std::size_t i) {
        to.info.visitor = addresses[i % 2];
        to.begin("GET /", basic("a:" + std::to_string(i)));
        REQUIRE(to.ask() == Step::wait);
        runs.push_back(std::move(to.run));
    };
    const std::size_t many = plugins::Verifier::pending_of_client_max;
    for (std::size_t i = 0; i <= many; ++i) {
        send_request(rig, i);
    }
    rig.wait_for(1);
    REQUIRE(runs.back()->request(rig.now) == Step::answer);
    CHECK(runs.back()->take_reply().code == "auth_busy");
    send_request(other, 0);  // another service has its own share
    opens.set_value();
    rig.wait_for(static_cast<int>(many));
    other.wait_for(1);
    REQUIRE(runs.back()->request(other.now) == Step::answer);
    CHECK(runs.back()->take_reply().code == "auth_failed");
    for (const auto& run : runs) {
        run->close({});
    }
}

TEST_CASE("auth: a file of users, which is read again; a bad one changes nothing", "[auth][file]") {
    const File file;
    file.write("# people\n\na:" + yescrypt + "\r\nb:" + sha512 + "\n");
    AuthRig rig("{users_file: '" + file.path + "', users: {c: '" + argon2 + "'}}");
    auto& auth = *static_cast<Auth*>(rig.chain.instances[0]->object());
    CHECK(passes_auth(rig.send_request(basic("a:yes"))));
    CHECK(passes_auth(rig.send_request(basic("b:six"))));
    CHECK(passes_auth(rig.send_request(basic("c:argon"))));
    file.write("a:" + sha512 + "\n");
    auth.refresh_file();
    CHECK(rig.send_request(basic("a:yes")) == "401 auth_failed");  // although it was remembered
    CHECK(passes_auth(rig.send_request(basic("a:six"))));
    CHECK(rig.send_request(basic("b:six")) == "401 auth_failed");
    CHECK(passes_auth(rig.send_request(basic("c:argon"))));
    for (const std::string& bad :
         std::vector<std::string>{"a", "a:plain\n", "c:" + yescrypt, "a:" + yescrypt + "\na:" + sha512}) {
        INFO(bad);
        file.write(bad);
        auth.refresh_file();
        CHECK(passes_auth(rig.send_request(basic("a:six"))));
    }
    std::filesystem::remove(file.path);
    auth.refresh_file();
    CHECK(passes_auth(rig.send_request(basic("a:six"))));
    file.write("");  // only the users of the settings remain
    auth.refresh_file();
    CHECK(rig.send_request(basic("a:six")) == "401 auth_failed");
    CHECK(passes_auth(rig.send_request(basic("c:argon"))));
}

TEST_CASE("auth: hashes that are not taken, and why", "[auth][check]") {
    const auto wrong = [](const std::string& hash) { return PluginRig::wrong<Auth>("{users: {a: '" + hash + "'}}"); };
    for (const std::string& good : {bcrypt, yescrypt, sha512, argon2}) {
        CHECK(wrong(good).empty());
        CHECK(wrong(good.substr(0, good.size() - 30)).find("users[\"a\"]: is not a whole") == 0);
    }
    CHECK(wrong("$apr1$Fke9GDwC$PjzbZwajnXzhGSGxg4cIO/").find("htpasswd -B") != std::string::npos);
    CHECK(wrong("secret").find("plain text; `htpasswd -B FILE USER`") != std::string::npos);
    CHECK(wrong("secret").find("secret") == std::string::npos);
    CHECK(wrong("{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=").find("htpasswd -B") != std::string::npos);
    CHECK(wrong("$5$salt$hash").find("kind that is not accepted") != std::string::npos);
    CHECK(wrong("$2b$16" + bcrypt.substr(6)).find("cost of more than 15") != std::string::npos);
    CHECK(wrong("$6$rounds=1000001" + sha512.substr(14)).find("rounds") != std::string::npos);
    CHECK(wrong("$y$jET" + yescrypt.substr(6)).find("yescrypt cost") != std::string::npos);
    CHECK(wrong("$argon2id$v=19$m=262145" + argon2.substr(19)).find("Argon2id cost") != std::string::npos);
    CHECK(wrong("$argon2id$v=19$m=262144,t=9" + argon2.substr(23)).find("Argon2id cost") != std::string::npos);
    CHECK(wrong("$argon2id$v=19$m=262144,t=8" + argon2.substr(23)).empty());
}

TEST_CASE("auth: where hashes have to be cheap, those of a login are, and no others", "[auth][check][clients]") {
    const auto wrong = [](const std::string& hash) {
        return PluginRig::wrong<Auth>("{hashes: cheap, users: {a: '" + hash + "'}}");
    };
    for (const std::string& good : {bcrypt, yescrypt, sha512}) {
        CHECK(wrong(good).empty());
    }
    CHECK(wrong("$2b$12" + bcrypt.substr(6)).empty());
    CHECK(wrong("$2b$13" + bcrypt.substr(6)).find("bcrypt cost of more than 12") != std::string::npos);
    CHECK(wrong("$6$rounds=100001" + sha512.substr(14)).find("100000 rounds") != std::string::npos);
    CHECK(wrong("$y$jAT" + yescrypt.substr(6)).find("yescrypt cost of more than 16 MiB") != std::string::npos);
    CHECK(wrong("$argon2id$v=19$m=65536,t=4" + argon2.substr(23)).empty());
    CHECK(wrong("$argon2id$v=19$m=65536,t=5" + argon2.substr(23)).find("Argon2id cost") != std::string::npos);
    CHECK(wrong("$argon2id$v=19$m=65537,t=1" + argon2.substr(23)).find("Argon2id cost") != std::string::npos);
    const File file;
    file.write("a:" + yescrypt + "\n");
    CHECK(PluginRig::wrong<Auth>("{hashes: cheap, users_file: '" + file.path + "'}").find("only for `users`") !=
          std::string::npos);
}

TEST_CASE("auth: clients may say users, and neither files nor whom backends are told", "[auth][clients]") {
    const auto types = plugin::read_library(&plugin::library<Auth>);
    REQUIRE(types);
    const config::Schema& schema = *types->front().schema;
    const auto settings =
        schema.parse_for_client(R"({"users":{"a":"b"},"realm":"x","lockout":{"failures":"3","duration":"1m"}})");
    REQUIRE(settings);
    CHECK(*settings->find("hashes")->string() == "cheap");
    for (const char* const said :
         {R"({"users_file":"/etc/shadow"})", R"({"user_header":"X-User"})", R"({"hashes":"any"})",
          R"({"keys":{"a":"b"}})", R"({"forward":"true"})", R"({"cache":"24h"})"}) {
        INFO(said);
        CHECK_FALSE(schema.parse_for_client(said));
    }
}

TEST_CASE("auth: settings that cannot work are told with their places", "[auth][check]") {
    const auto wrong = [](const std::string& settings) { return PluginRig::wrong<Auth>(settings); };
    CHECK(wrong("{}").find("rejects every request") != std::string::npos);
    CHECK(wrong("{users: {'a:b': '" + yescrypt + "'}}").find("is not a valid user name") != std::string::npos);
    CHECK(wrong("{keys: {a: secret}}").find("keys[\"a\"]: is not a SHA-256") == 0);
    CHECK(wrong("{users: {a: '" + yescrypt + "'}, key_header: X-Key}").find("key_header: needs `keys`") == 0);
    CHECK(wrong("{users: {a: '" + yescrypt + "'}, user_header: Host}").find("user_header: is not a field") == 0);
    CHECK(wrong("{users: {a: '" + yescrypt + "'}, realm: \"a\\nb\"}").find("realm: has a character") == 0);
    CHECK(wrong("{users_file: /nowhere/at/all}").find("users_file: cannot be read") == 0);
    const File file;
    file.write("a:" + yescrypt + "\nb:plain\n");
    CHECK(
        wrong("{users_file: '" + file.path + "'}").find("users_file: has a line (2) whose hash is not a valid hash") ==
        0);
    file.write("a:" + yescrypt + "\n");
    CHECK(wrong("{users_file: '" + file.path + "', users: {a: '" + sha512 + "'}}").find("already exists") !=
          std::string::npos);
}

TEST_CASE("auth: a password leaves nothing behind in memory, wherever it was moved", "[auth][memory]") {
    using plugins::Verifier;
    const std::string word = "hunter2";  // short enough to be stored in the object
    const auto has = [&word](const auto& place) {
        const std::string_view bytes(reinterpret_cast<const char*>(place.data()), place.size());
        return bytes.find(word) != std::string_view::npos;
    };
    alignas(Verifier::Attempt) std::array<std::byte, sizeof(Verifier::Attempt)> first{};
    alignas(Verifier::Attempt) std::array<std::byte, sizeof(Verifier::Attempt)> second{};
    auto* const made = new (first.data()) Verifier::Attempt{"ann", plugins::Password(word), "", true};
    CHECK(has(first));
    auto* const moved = new (second.data()) Verifier::Attempt(std::move(*made));
    CHECK(moved->password.text() == word);
    made->~Attempt();
    CHECK_FALSE(has(first));
    moved->~Attempt();
    CHECK_FALSE(has(second));
}
