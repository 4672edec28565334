#include "etcd/fault.hpp"

#include <catch2/catch.hpp>
#include <string>

#include "base/text.hpp"
#include "etcd/limits.hpp"

namespace ferrotunnel::etcd {
namespace {

TEST_CASE("errors of etcd have a kind", "[etcd]") {
    using Kind = Fault::Kind;
    struct Recorded {
        unsigned status;
        const char* body;
        Kind kind;
    };
    for (const Recorded& each : {
             Recorded{404, R"({"code":5, "message":"etcdserver: requested lease not found"})", Kind::lease_missing},
             Recorded{400, R"({"code":9, "message":"etcdserver: lease already exists"})", Kind::lease_exists},
             Recorded{400, R"({"code":11, "message":"etcdserver: mvcc: required revision has been compacted"})",
                      Kind::compacted},
             Recorded{400, R"({"code":11, "message":"etcdserver: mvcc: required revision is a future revision"})",
                      Kind::future_revision},
             Recorded{400, R"({"code":9, "message":"etcdserver: authentication is not enabled"})", Kind::credentials},
             Recorded{400, R"({"code":3, "message":"etcdserver: authentication failed, invalid user ID or password"})",
                      Kind::credentials},
             Recorded{400, R"({"code":3, "message":"etcdserver: user name is empty"})", Kind::token},
             Recorded{401, R"({"code":16, "message":"etcdserver: invalid auth token"})", Kind::token},
             Recorded{403, R"({"code":7, "message":"etcdserver: permission denied"})", Kind::forbidden},
             Recorded{400, R"({"code":3, "message":"etcdserver: request is too large"})", Kind::too_large},
             Recorded{400, R"({"code":3, "message":"etcdserver: too many operations in txn request"})",
                      Kind::too_large},
             Recorded{429, R"({"code":8, "message":"etcdserver: mvcc: database space exceeded"})", Kind::no_space},
             Recorded{429, R"({"code":8, "message":"etcdserver: too many requests"})", Kind::unavailable},
             Recorded{503, R"({"code":14, "message":"etcdserver: request timed out"})", Kind::unavailable},
             Recorded{400, R"({"code":3, "message":"etcdserver: duplicate key given in txn request"})", Kind::rejected},
             Recorded{404, R"({"code":5, "message":"Not Found"})", Kind::rejected},
             Recorded{502, "<html>Bad gateway</html>", Kind::unavailable},
             Recorded{404, "404 page not found", Kind::malformed},
             Recorded{302, "", Kind::malformed},
             Recorded{400, R"({"code":"x", "message":5})", Kind::malformed},
             Recorded{400, R"({"code":-3, "message":"etcdserver: request is too large"})", Kind::malformed},
         }) {
        CAPTURE(each.body);
        const Fault fault = fault_of_response(each.status, each.body);
        CHECK(fault.kind == each.kind);
        CHECK_FALSE(fault.text.empty());
    }
}

TEST_CASE("texts of etcd are printable and short", "[etcd][limits]") {
    const Fault fault = fault_of(3, "bad\n\x1b[31m" + std::string(10'000, 'x'));
    CHECK(is_printable(fault.text));
    CHECK(fault.text.size() == limits::text_max);
    CHECK(fault_of(3, std::string(limits::text_max, 'x')).text.size() == limits::text_max);
    CHECK(malformed(std::string(10'000, 'x')).text.size() <= limits::text_max);
}

}  // namespace
}  // namespace ferrotunnel::etcd
