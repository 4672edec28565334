#include "etcd/requests.hpp"

#include <catch2/catch.hpp>
#include <chrono>

namespace ferrotunnel::etcd {
namespace {

TEST_CASE("requests are the JSON of the gateway", "[etcd]") {
    CHECK(post_of(Put{"a", "v1", 7}).path == "/v3/kv/put");
    CHECK(post_of(Put{"a", "v1", 7}).body == R"({"key":"YQ==","value":"djE=","lease":"7"})");
    CHECK(post_of(Put{"a", "v1"}).body == R"({"key":"YQ==","value":"djE="})");
    CHECK(post_of(Read{{"a"}}).body == R"({"key":"YQ==","limit":"4096"})");
    Read page{range_of_prefix("ft/")};
    page.limit = 10;
    page.revision = 5;
    page.is_local = true;
    page.has_values = false;
    CHECK(post_of(page).path == "/v3/kv/range");
    CHECK(post_of(page).body == R"({"key":"ZnQv","range_end":"ZnQw","limit":"10","revision":"5","serializable":true,)"
                                R"("keys_only":true})");
    CHECK(post_of(Delete{{"a"}}).path == "/v3/kv/deleterange");
    CHECK(post_of_grant(42, std::chrono::seconds(10)).body == R"({"ID":"42","TTL":"10"})");
    CHECK(post_of_renewal(42).path == "/v3/lease/keepalive");
    CHECK(post_of_revocation(42).path == "/v3/lease/revoke");
    CHECK(post_of(WatchStart{range_of_prefix("ft/"), 8}).body ==
          R"({"create_request":{"key":"ZnQv","range_end":"ZnQw","start_revision":"8",)"
          R"("progress_notify":true,"fragment":true}})");
}

TEST_CASE("a transaction has its conditions and both lists", "[etcd]") {
    Transaction transaction;
    transaction.conditions.push_back({range_of_prefix("r"), Compare::Target::modified, Compare::Result::less, 10, {}});
    transaction.conditions.push_back({{"k"}, Compare::Target::value, Compare::Result::not_equal, 0, "x"});
    transaction.then = {Put{"a", "b", 0}, Delete{{"c"}}};
    transaction.otherwise = {Read{{"a"}}};
    CHECK(post_of(transaction).path == "/v3/kv/txn");
    CHECK(post_of(transaction).body ==
          R"({"compare":[{"key":"cg==","range_end":"cw==","result":"LESS","target":"MOD","mod_revision":"10"},)"
          R"({"key":"aw==","result":"NOT_EQUAL","target":"VALUE","value":"eA=="}],)"
          R"("success":[{"request_put":{"key":"YQ==","value":"Yg=="}},{"request_delete_range":{"key":"Yw=="}}],)"
          R"("failure":[{"request_range":{"key":"YQ==","limit":"4096"}}]})");
}

TEST_CASE("names and passwords are escaped, whatever they contain", "[etcd]") {
    CHECK(post_of_login("a\"b\\", "p\n\xff").body == "{\"name\":\"a\\\"b\\\\\",\"password\":\"p\\n\xef\xbf\xbd\"}");
}

}  // namespace
}  // namespace ferrotunnel::etcd
