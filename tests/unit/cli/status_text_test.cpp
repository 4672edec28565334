// What `ferrotunnel status` prints of certificates.
#include "cli/status_text.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

using namespace ferrotunnel::cli;

namespace {

std::string text_with(const std::string& use, int days) {
    const std::int64_t now =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    const Json first{{"use", "visitors"}, {"name", "a.test"}, {"file", "/a.pem"}, {"expires", now + 90 * 86'400}};
    const Json one{{"use", use}, {"name", "the one"}, {"file", "/one.pem"}, {"expires", now + days * 86'400 + 3'600}};
    return status_text(Json{{"side", "server"}, {"certificates", Json::array({first, one})}}, Json(), "");
}

}  // namespace

TEST_CASE("a certificate is shown 30 days before its end, and a server's own CA 60 days") {
    CHECK(text_with("visitors", 31).find("the one") == std::string::npos);
    CHECK(text_with("visitors", 29).find("the one for visitors, expires in 29d") != std::string::npos);
    CHECK(text_with("authority", 61).find("the one") == std::string::npos);
    CHECK(text_with("authority", 59).find("the one for authority, expires in 59d") != std::string::npos);
}
