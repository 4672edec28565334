// A dump of what the members of a cluster share, its pages, and its restoration.
#include "api/values_dump.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/limits.hpp"
#include "etcd/base64.hpp"
#include "unit/peers/peers_rig.hpp"
#include "unit/session/server_rig.hpp"

namespace ferrotunnel::detail {
namespace {

using admin::Json;
using test::eventually;
using namespace std::chrono_literals;
using Sealed = std::vector<std::pair<std::string, std::string>>;  // keys and sealed values
using Texts = std::vector<std::string>;

constexpr std::size_t page_size = 64;

/// A member that is not started: its values have no links, and no timer ends them.
struct DumpMember {
    explicit DumpMember(const std::string& name, std::uint8_t key = 1)
        : cluster({name, {{"other", "127.0.0.1", 1}}, peers::test::keys_of(key), {}},
                  {workers, shared, nullptr, log, runtime::system_random()}) {}
    ~DumpMember() {
        cluster.stop();
        shared->ports->stop_holding();
        shared->ports->end();
    }

    bool set(const std::string& key, const std::string& text, Duration lifetime = {}) {
        return shared->values->set(key, text, lifetime);
    }
    std::string text_of(const std::string& key) const {
        const auto value = shared->values->get(key);
        return value ? value->text : "none";
    }
    Json page(const std::string& after = "") const { return dump_of_values(cluster, {after}).body; }
    Sealed dump() const {
        Sealed all;
        std::string after;
        for (Json one = page(); !one.at("values").empty(); one = page(after)) {
            for (const Json& value : one.at("values")) {
                all.emplace_back(value.at("key").get<std::string>(), value.at("sealed").get<std::string>());
            }
            after = one.value("next", "");
            REQUIRE_FALSE(after.empty());
        }
        return all;
    }
    /// "restored ended refused"
    std::string restore(const Sealed& values) {
        const Json body = restore_values(cluster, {values}).body;
        return body.at("restored").dump() + ' ' + body.at("ended").dump() + ' ' + body.at("refused").dump();
    }

    peers::test::RecordingLogger log;
    runtime::WorkerGroup workers{1};
    const std::shared_ptr<session::ServerShared> shared = session::test::shared_by_sessions(session::test::new_token());
    peers::Cluster cluster;
};

Texts keys_of(const Sealed& values) {
    Texts keys;
    for (const auto& [key, sealed] : values) {
        keys.push_back(key);
    }
    return keys;
}

std::string numbered(const std::string& kind, std::size_t number) {
    return kind + std::to_string(1'000 + number);
}

}  // namespace

TEST_CASE("values dump: tokens, revocations, kicks and certificates, sealed, and nothing else", "[cluster]") {
    DumpMember a("a");
    REQUIRE(a.set("token/ann", "secret text"));
    REQUIRE(a.set("revoked/0123456789abcdef", "1767225600"));
    REQUIRE(a.set("kick/0123456789abcdef/name/bob", "one", 1h));
    REQUIRE(a.set("cert/app.example.com", "certificate and key"));
    REQUIRE(a.set("public/a", "a.example.com:7835"));
    REQUIRE(a.set("use/a/0123456789abcdef", "1 1 1 0", 5s));
    REQUIRE(a.set("order/app.example.com", "x"));
    const Sealed dump = a.dump();
    CHECK(keys_of(dump) ==
          Texts{"cert/app.example.com", "kick/0123456789abcdef/name/bob", "revoked/0123456789abcdef", "token/ann"});
    for (const auto& [key, sealed] : dump) {
        const auto bytes = etcd::decode_base64(sealed);
        REQUIRE(bytes);
        CHECK(bytes->find("secret text") == std::string::npos);
    }
}

TEST_CASE("values dump: a cluster with the same key has everything again, by the members that had set it",
          "[cluster]") {
    DumpMember a("a");
    const std::string longest(cluster::limits::value_text_max, 'x');
    REQUIRE(a.set("token/ann", "new"));
    REQUIRE(a.set("cert/app.example.com", longest));
    REQUIRE(a.set("kick/0123456789abcdef/name/bob", "one", 1h));
    const Sealed dump = a.dump();
    DumpMember b("b");
    REQUIRE(b.set("token/ann", "changed since"));
    REQUIRE(b.set("token/eve", "kept"));
    CHECK(b.restore(dump) == "3 0 0");
    CHECK(b.text_of("token/ann") == "new");
    CHECK(b.text_of("token/eve") == "kept");
    CHECK(b.text_of("cert/app.example.com") == longest);
    const auto kick = b.shared->values->get("kick/0123456789abcdef/name/bob");
    REQUIRE(kick);
    CHECK(kick->member == "a");
    CHECK(kick->left > 50min);
    CHECK(kick->left <= 1h);
    CHECK(b.restore(dump) == "3 0 0");

    REQUIRE(b.shared->values->remove("token/ann"));
    CHECK(b.restore(dump) == "3 0 0");
    CHECK(b.text_of("token/ann") == "new");
}

TEST_CASE("values dump: what cannot be trusted is refused, and changes nothing", "[cluster]") {
    DumpMember a("a");
    REQUIRE(a.set("token/ann", "of a"));
    REQUIRE(a.set("token/bob", "bob"));
    const Sealed dump = a.dump();
    REQUIRE(dump.size() == 2);
    const auto& [key, sealed] = dump.front();
    DumpMember b("b");
    REQUIRE(b.set("token/ann", "of b"));
    REQUIRE(b.set("token/free", "of b"));

    std::string altered = *etcd::decode_base64(sealed);
    altered.back() = static_cast<char>(altered.back() ^ 1);
    std::string altered_text;
    etcd::append_base64(altered_text, altered);
    const Sealed wrong{{key, ""},
                       {key, "not base64!"},
                       {key, sealed.substr(0, 8)},
                       {key, altered_text},
                       {"token/free", sealed},    // of another key
                       {"public/other", sealed},  // not of a dump
                       {"", sealed},
                       {"token/" + std::string(1'000, 'x'), sealed}};
    CHECK(b.restore(wrong) == "0 0 8");
    CHECK(b.text_of("token/ann") == "of b");
    CHECK(b.text_of("token/free") == "of b");
    CHECK(b.text_of("public/other") == "none");

    Sealed mixed = wrong;
    mixed.insert(mixed.begin() + 1, dump.back());
    CHECK(b.restore(mixed) == "1 0 8");  // one that is wrong holds up no other
    CHECK(b.text_of("token/bob") == "bob");

    DumpMember stranger("c", 2);
    CHECK(stranger.restore(dump) == "0 0 2");
    CHECK(stranger.text_of("token/ann") == "none");
}

TEST_CASE("values dump: a value whose time has passed since is not restored", "[cluster]") {
    DumpMember a("a");
    REQUIRE(a.set("kick/0123456789abcdef/name/bob", "one", 500ms));
    REQUIRE(a.set("token/ann", "ann"));
    const Sealed dump = a.dump();
    if (dump.size() == 1) {
        return;  // the machine was too slow for half a second
    }
    const auto written = std::chrono::system_clock::now();
    REQUIRE(eventually([&] { return std::chrono::system_clock::now() > written + 500ms; }));
    DumpMember b("b");
    CHECK(b.restore(dump) == "1 1 0");
    CHECK(b.text_of("kick/0123456789abcdef/name/bob") == "none");
    CHECK(b.text_of("token/ann") == "ann");
}

TEST_CASE("values dump: without room a value is refused, and others stay", "[cluster]") {
    DumpMember a("a");
    REQUIRE(a.set("token/ann", "ann"));
    const Sealed dump = a.dump();
    DumpMember b("a");  // the same member, in another cluster with this key
    const std::string long_text(cluster::limits::value_text_max, 'x');
    std::size_t count = 0;
    while (b.set(numbered("cert/", count), long_text)) {
        ++count;
    }
    REQUIRE(count > 1'000);
    while (b.set(numbered("kick/", count), "")) {  // the last hundreds of bytes
        ++count;
    }
    CHECK(b.restore(dump) == "0 0 1");
    CHECK(b.text_of("cert/1000") == long_text);
    REQUIRE(b.shared->values->remove("cert/1000"));
    CHECK(b.restore(dump) == "1 0 0");
}

TEST_CASE("values dump: pages have each value once, in the order of keys", "[cluster]") {
    DumpMember a("a");
    CHECK(a.page() == Json{{"values", Json::array()}});
    Texts keys;
    for (const auto& [kind, count] : {std::pair<std::string, std::size_t>{"cert/", 2 * page_size + 1},
                                      {"kick/", page_size - 2},
                                      {"revoked/", page_size},
                                      {"token/", page_size / 2}}) {
        for (std::size_t i = 0; i < count; ++i) {
            keys.push_back(numbered(kind, i));
            REQUIRE(a.set(keys.back(), "x"));
        }
    }
    const Json first = a.page();
    CHECK(first.at("values").size() == page_size);
    CHECK(first.at("next") == keys[page_size - 1]);
    CHECK(a.page(keys[page_size - 1]).at("values").front().at("key") == keys[page_size]);
    CHECK(a.page("cert/zzz").at("values").front().at("key") == numbered("kick/", 0));
    CHECK(keys_of(a.dump()) == keys);
    CHECK(a.page(keys.back()) == Json{{"values", Json::array()}});
}

TEST_CASE("values dump: values that end meanwhile hide no others", "[cluster]") {
    DumpMember a("a");
    for (std::size_t i = 0; i < page_size + 10; ++i) {
        REQUIRE(a.set(numbered("cert/", i), "x", 1ms));
    }
    REQUIRE(a.set("cert/lasting", "x"));
    REQUIRE(a.set("token/ann", "x"));
    REQUIRE(eventually([&] { return a.text_of(numbered("cert/", page_size + 9)) == "none"; }));
    Texts keys;
    std::string after;
    for (int pages = 0; pages < 10; ++pages) {
        const Json page = a.page(after);
        for (const Json& value : page.at("values")) {
            keys.push_back(value.at("key").get<std::string>());
        }
        after = page.value("next", "");
        if (after.empty()) {
            break;
        }
    }
    CHECK(keys == Texts{"cert/lasting", "token/ann"});
}

}  // namespace ferrotunnel::detail
