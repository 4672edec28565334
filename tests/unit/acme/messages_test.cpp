#include "acme/messages.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "acme/limits.hpp"

namespace ferrotunnel::acme {
namespace {

using Catch::Contains;

const std::string messages_directory = "https://ca.example.com/directory";

nlohmann::json whole_order() {
    return {{"status", "valid"},
            {"authorizations", {"https://ca.example.com/a/1"}},
            {"finalize", "https://ca.example.com/f"},
            {"certificate", "https://ca.example.com/c"}};
}

nlohmann::json whole_challenge(const std::string& type = "http-01") {
    return {{"type", type}, {"status", "pending"}, {"url", "https://ca.example.com/c/1"}, {"token", "abc-_9"}};
}

nlohmann::json whole_authorization() {
    return {{"status", "pending"},
            {"identifier", {{"type", "dns"}, {"value", "a.example.com"}}},
            {"wildcard", true},
            {"challenges", nlohmann::json::array({whole_challenge()})}};
}

std::string order_fault(const nlohmann::json& json) {
    const auto read = read_order(messages_directory, json.dump());
    return read ? "" : read.error();
}

TEST_CASE("a message with an order", "[acme]") {
    const auto order = read_order(messages_directory, whole_order().dump());
    REQUIRE(order);
    CHECK(order->status == OrderMessage::Status::valid);
    CHECK(order->authorizations == std::vector<std::string>{"https://ca.example.com/a/1"});
    CHECK(order->finalize == "https://ca.example.com/f");
    CHECK(order->certificate == "https://ca.example.com/c");
    CHECK_FALSE(order->error);
}

TEST_CASE("orders that are not usable", "[acme]") {
    const auto with = [](const char* name, const nlohmann::json& value) {
        nlohmann::json json = whole_order();
        json[name] = value;
        return order_fault(json);
    };
    CHECK(order_fault(7) == "is not a JSON object");
    CHECK(with("status", 1) == "has no status");
    CHECK(with("status", "new") == "has the unknown status \"new\"");
    CHECK_THAT(with("authorizations", nullptr), Contains("no authorizations"));
    CHECK_THAT(with("authorizations", nlohmann::json::array()), Contains("no authorizations"));
    CHECK_THAT(with("authorizations", {7}), Contains("https"));
    CHECK_THAT(with("authorizations", {"http://ca.example.com/"}), Contains("https"));
    CHECK_THAT(with("finalize", 7), Contains("finalize"));
    CHECK_THAT(with("certificate", ""), Contains("certificate"));
}

TEST_CASE("authorizations of an order are limited", "[acme]") {
    nlohmann::json order = whole_order();
    order["authorizations"] = nlohmann::json::array();
    for (std::size_t i = 0; i < limits::authorizations_max; ++i) {
        order["authorizations"].push_back("https://ca.example.com/a");
    }
    CHECK(order_fault(order).empty());
    order["authorizations"].push_back("https://ca.example.com/a");
    CHECK_THAT(order_fault(order), Contains("9 authorizations"));
}

TEST_CASE("an invalid order needs nothing else", "[acme]") {
    const auto order = read_order(
        messages_directory, R"({"status":"invalid","error":{"type":"urn:ietf:params:acme:error:caa","detail":"no"}})");
    REQUIRE(order);
    REQUIRE(order->error);
    CHECK(order->error->type == "caa");
    CHECK(order->error->kind == Problem::Kind::refused);
}

TEST_CASE("a message with an authorization", "[acme]") {
    const auto authorization = read_authorization(messages_directory, whole_authorization().dump());
    REQUIRE(authorization);
    CHECK(authorization->status == AuthorizationMessage::Status::pending);
    CHECK(authorization->type == "dns");
    CHECK(authorization->value == "a.example.com");
    CHECK(authorization->is_wildcard);
    REQUIRE(authorization->challenges.size() == 1);
    CHECK(authorization->challenges[0].way == Way::http_01);
    CHECK(authorization->challenges[0].token == "abc-_9");
}

TEST_CASE("challenges that are not usable are ignored", "[acme]") {
    std::string offered;
    const auto usable = [&offered](const nlohmann::json& challenge) {
        nlohmann::json json = whole_authorization();
        json["challenges"] = nlohmann::json::array({challenge});
        const auto read = read_authorization(messages_directory, json.dump());
        REQUIRE(read);
        REQUIRE(read->offered.size() == 1);
        offered = read->offered[0];
        return read->challenges.size() == 1;
    };
    const auto with = [](const char* name, const nlohmann::json& value) {
        nlohmann::json challenge = whole_challenge();
        challenge[name] = value;
        return challenge;
    };
    CHECK(usable(whole_challenge()));
    CHECK_FALSE(usable(7));
    CHECK_FALSE(usable(with("type", "email-reply-00")));
    CHECK(offered == "email-reply-00");
    CHECK_FALSE(usable(with("url", "http://ca.example.com/")));
    CHECK(offered == "http-01 without an https URL");
    CHECK_FALSE(usable(with("token", "../../etc/passwd")));
    CHECK_FALSE(usable(with("token", "")));
    CHECK_FALSE(usable(with("token", 7)));
    CHECK(offered == "http-01 without a valid token");
    CHECK_FALSE(usable(with("status", "unheard of")));
}

TEST_CASE("issuers of a persistent record", "[acme]") {
    const auto issuers = [](const nlohmann::json& names) {
        nlohmann::json json = whole_authorization();
        json["challenges"] = nlohmann::json::array({whole_challenge("dns-persist-01")});
        json["challenges"][0].erase("token");
        json["challenges"][0]["issuer-domain-names"] = names;
        const auto read = read_authorization(messages_directory, json.dump());
        return read->challenges.empty() ? std::vector<std::string>() : read->challenges[0].issuers;
    };
    CHECK(issuers({"CA.example.com", "a; accounturi=b", 7, "b.example.com"}) ==
          std::vector<std::string>{"ca.example.com", "b.example.com"});
    CHECK(issuers(nlohmann::json::array()).empty());
    CHECK(issuers("ca.example.com").empty());
    nlohmann::json many = nlohmann::json::array();
    for (std::size_t i = 0; i <= limits::issuers_max; ++i) {
        many.push_back("ca" + std::to_string(i) + ".example.com");
    }
    CHECK(issuers(many).size() == limits::issuers_max);
}

TEST_CASE("challenges of an authorization are limited", "[acme]") {
    nlohmann::json json = whole_authorization();
    json["challenges"] = nlohmann::json::array();
    for (std::size_t i = 0; i < limits::challenges_max; ++i) {
        json["challenges"].push_back(whole_challenge());
    }
    CHECK(read_authorization(messages_directory, json.dump()));
    json["challenges"].push_back(whole_challenge());
    const auto read = read_authorization(messages_directory, json.dump());
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error(), Contains("33 challenges"));
    json["challenges"] = "none";
    CHECK_FALSE(read_authorization(messages_directory, json.dump()));
}

TEST_CASE("the error of a challenge", "[acme]") {
    const auto kind_of_error = [](const std::string& type) {
        nlohmann::json json = whole_authorization();
        json["challenges"][0]["error"] = {{"type", "urn:ietf:params:acme:error:" + type}};
        return read_authorization(messages_directory, json.dump())->challenges.at(0).error->kind;
    };
    CHECK(kind_of_error("unauthorized") == Problem::Kind::validation);
    CHECK(kind_of_error("dns") == Problem::Kind::validation);
    CHECK(kind_of_error("unheardOf") == Problem::Kind::validation);
    CHECK(kind_of_error("caa") == Problem::Kind::refused);
    CHECK(kind_of_error("rateLimited") == Problem::Kind::limited);
    CHECK(kind_of_error("serverInternal") == Problem::Kind::unreachable);
}

}  // namespace
}  // namespace ferrotunnel::acme
