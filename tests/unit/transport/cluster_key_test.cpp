#include "transport/cluster_key.hpp"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <ostream>
#include <set>
#include <string>

#include "base/hex.hpp"
#include "support/seeded_random.hpp"
#include "transport/limits.hpp"
#include "transport/link_identity.hpp"
#include "unit/transport/link_keys.hpp"
#include "unit/transport/pipes.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::transport;
using namespace ferrotunnel::transport::test;
using Catch::Contains;

namespace {

// HKDF-SHA-256 computed by Python's hmac, of 32 bytes 0x01.
constexpr std::string_view id_of_ones = "5e797adf8ae7448e";
constexpr std::string_view cookies_of_ones = "f15d9acfcb4ff5c33fb60a6ff19ae54ed21739a88bd371bb3a9f0b8e5c29bd87";
constexpr std::string_view text_of_ones = "ftc1_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEAAAc1Aj62";

std::string derived(const ClusterKey& key, std::string_view purpose) {
    std::array<std::uint8_t, 32> secret{};
    key.derive(purpose, secret);
    return to_hex(secret);
}

std::string fault_of(const std::string& text) {
    const auto keys = parse_cluster_keys(text);
    return keys ? "" : keys.error();
}

template <typename T>
concept PrintableKey = requires(std::ostream& out, const T& value) {
    out << value;
};

}  // namespace

TEST_CASE("cluster key: text, id and secrets are those that are documented") {
    const ClusterKey key = cluster_key(1, 7);
    CHECK(text_of(key) == text_of_ones);
    CHECK(text_of_ones.size() == cluster_key_length);
    CHECK(key.id() == id_of_ones);
    CHECK(derived(key, "sticky cookies") == cookies_of_ones);
    STATIC_REQUIRE_FALSE(PrintableKey<ClusterKey>);
}

TEST_CASE("cluster key: each purpose and each key has secrets of its own") {
    const std::set<std::string> secrets{
        derived(cluster_key(1), "links"), derived(cluster_key(1), "key id"), derived(cluster_key(1), "sticky cookies"),
        derived(cluster_key(1), ""),      derived(cluster_key(2), "links"),  derived(cluster_key(2), "key id"),
    };
    CHECK(secrets.size() == 6);
    // The number only counts: it is not part of the secret.
    CHECK(derived(cluster_key(1, 1), "links") == derived(cluster_key(1, 2), "links"));
    CHECK(cluster_key(1, 1).id() == cluster_key(1, 2).id());
    CHECK(cluster_key(1) == cluster_key(1));
    CHECK_FALSE(cluster_key(1) == cluster_key(2));
}

TEST_CASE("cluster key: a new one is random, and is read again") {
    ferrotunnel::test::SeededRandom random(1);
    const ClusterKey key(random, ClusterKey::number_max);
    CHECK_FALSE(key == ClusterKey(random, 1));
    const auto keys = parse_cluster_keys(text_of(key));
    REQUIRE(keys);
    CHECK(keys->first == key);
    CHECK(keys->first.number() == ClusterKey::number_max);
    CHECK_FALSE(keys->second);
}

TEST_CASE("cluster key: a file has one or two, and comments") {
    const std::string old = text_of(cluster_key(1, 1));
    const std::string fresh = text_of(cluster_key(2, 2));
    const auto keys = parse_cluster_keys("\n# a comment\r\n  " + old + " \r\n\t# ft1_\n" + fresh);
    REQUIRE(keys);
    CHECK(keys->first == cluster_key(1));
    REQUIRE(keys->second);
    CHECK(*keys->second == cluster_key(2));
    CHECK(keys->second->number() == 2);

    CHECK_THAT(fault_of(""), Contains("has no key") && Contains("ferrotunnel cluster key FILE"));
    CHECK_THAT(fault_of("# nothing\n\n"), Contains("has no key"));
    CHECK_THAT(fault_of(old + "\n" + fresh + "\n" + text_of(cluster_key(3)) + "\n"), Contains("more than two keys"));
    CHECK_THAT(fault_of(old + "\n\n" + text_of(cluster_key(1, 9))), Contains("line 3 repeats the first key"));
    CHECK_THAT(fault_of("# x\nft1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh_ptZnM\n"),
               Contains("line 2") && Contains("a token of clients") && !Contains("AAEC"));
    CHECK_THAT(fault_of("hunter2"), Contains("line 1 is not a cluster key") && !Contains("hunter2"));
    CHECK_THAT(fault_of(old + " # mine"), Contains("cut or mistyped"));
}

TEST_CASE("cluster key: every changed or missing character is noticed, and not repeated") {
    const std::string text = text_of(cluster_key(1, 300));
    for (std::size_t i = cluster_key_prefix.size(); i < text.size(); ++i) {
        std::string changed = text;
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        INFO(i);
        CHECK_THAT(fault_of(changed), Contains("cut or mistyped") && !Contains(changed.substr(10, 20)));
        CHECK_THAT(fault_of(text.substr(0, i)), Contains("cut or mistyped"));
    }
    CHECK_THAT(fault_of(text + "A"), Contains("cut or mistyped"));
}

TEST_CASE("cluster key: a file that others may access is rejected") {
    const TemporaryDirectory directory;
    const auto file = directory.file("key", text_of(cluster_key(1)) + "\n");
    for (const mode_t mode : {0600U, 0400U, 0440U}) {  // the last: a mounted secret
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        const auto keys = read_cluster_keys(file);
        REQUIRE(keys);
        CHECK(keys->first == cluster_key(1));
    }
    for (const mode_t mode : {0640U, 0620U, 0610U, 0604U, 0602U, 0644U, 0444U, 0404U, 0460U}) {
        REQUIRE(::chmod(file.c_str(), mode) == 0);
        const auto keys = read_cluster_keys(file);
        REQUIRE_FALSE(keys);
        CHECK_THAT(keys.error(), Contains("other users may access it; `chmod 600 " + file.string()));
    }
}

TEST_CASE("cluster key: files that have none") {
    const TemporaryDirectory directory;
    const auto fault = [](const std::filesystem::path& file) {
        ::chmod(file.c_str(), 0700);
        const auto keys = read_cluster_keys(file);
        return keys ? "" : keys.error();
    };
    CHECK_THAT(fault(directory.path() / "none"), Contains("No such file"));
    CHECK_THAT(fault(directory.path()), Contains("not a regular file"));
    CHECK_THAT(fault(directory.file("utf16", std::string("f\0t\0c\0", 6))), Contains("UTF-16"));
    const std::string key = text_of(cluster_key(1));
    const std::size_t comment = limits::cluster_key_file_bytes_max - key.size() - 1;
    CHECK(fault(directory.file("full", key + "\n" + std::string(comment, '#'))) == "");
    CHECK_THAT(fault(directory.file("longer", key + "\n" + std::string(comment + 1, '#'))), Contains("4096 bytes"));
}

TEST_CASE("link identity: names of members") {
    CHECK(is_member_name("a"));
    CHECK(is_member_name("eu-1.example_B"));
    CHECK(is_member_name(std::string(limits::link_name_max, 'a')));
    CHECK_FALSE(is_member_name(std::string(limits::link_name_max + 1, 'a')));
    for (const std::string_view name : {"", "a/b", "a b", "\n", "\xc3\xa4"}) {
        CHECK_FALSE(is_member_name(name));
    }
    CHECK_FALSE(is_member_name(std::string_view("a\0", 2)));
}

TEST_CASE("link identity: text and back") {
    const std::string text = LinkIdentity{"0123", "a", "b.c"}.text();
    CHECK(text == "0123/a/b.c");
    const auto parsed = LinkIdentity::parse(text);
    REQUIRE(parsed);
    CHECK(parsed->key_id == "0123");
    CHECK(parsed->dialler == "a");
    CHECK(parsed->expected == "b.c");
    for (const std::string_view wrong : {"", "0123", "0123/a", "0123/a/", "0123//b", "0123/a/b/c", "//", "1/a\n/b"}) {
        CHECK_FALSE(LinkIdentity::parse(wrong));
    }
}
