// Tests the plugin `ip-filter` for TCP visitors, with the harness for plugin authors.
#include "ip-filter/ip_filter.hpp"

#include <catch2/catch.hpp>

#include "ferrotunnel/plugin_testing_session.hpp"

using namespace ferrotunnel::plugin;
using ferrotunnel::plugins::IpFilter;

TEST_CASE("ip-filter: visitors of TCP by address, at every time of a decision", "[ip-filter]") {
    for_each_case({TestChain::use<IpFilter>("{allow: [192.0.2.0/24, '2001:db8::/32'], deny: [192.0.2.66]}")},
                  [](TestSessions& sessions, const TestCase&) {
                      const auto words = [&](const std::string& address) {
                          TestQuestion visit = sessions.visit({.address = address});
                          CHECK(visit.accepted() != visit.refused());
                          CHECK_FALSE(visit.failed());
                          return visit.words();
                      };
                      CHECK(words("192.0.2.7").empty());
                      CHECK(words("2001:db8::1").empty());
                      CHECK(words("192.0.2.66") == "ip_denied");
                      CHECK(words("::ffff:192.0.2.66") == "ip_denied");
                      CHECK(words("198.51.100.1") == "ip_denied");
                      CHECK(words("unknown") == "ip_denied");
                  });
}
