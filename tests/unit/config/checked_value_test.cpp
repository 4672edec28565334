#include "config/checked_value.hpp"

#include <catch2/catch.hpp>
#include <string>

namespace ferrotunnel::config {
namespace {

using Scalar = CheckedValue::Scalar;

CheckedValue text(const std::string& words, Place place = {}) {
    return CheckedValue(Scalar(words), place);
}

CheckedValue example() {
    CheckedValue::Map limits;
    limits.push_back({"rate", CheckedValue(Scalar(20.5), {3, 9})});
    limits.push_back({"burst", CheckedValue(Scalar(std::int64_t{40}), {4, 10})});
    CheckedValue::Map rule;
    rule.push_back({"name", text("first")});
    CheckedValue::List rules;
    rules.push_back(CheckedValue(std::move(rule), {7, 5}));
    CheckedValue::Map hosts;
    hosts.push_back({"a.example.com", text("dots")});
    hosts.push_back({"a", text("plain")});
    hosts.push_back({R"(q"[\])", text("quotes")});
    CheckedValue::Map all;
    all.push_back({"rules", CheckedValue(std::move(rules), {6, 3})});
    all.push_back({"limits", CheckedValue(std::move(limits), {3, 3})});
    all.push_back({"hosts", CheckedValue(std::move(hosts))});
    all.push_back({"on", CheckedValue(Scalar(true))});
    return CheckedValue(std::move(all), {1, 1});
}

}  // namespace

TEST_CASE("a value is asked for as what it is, and has nothing else", "[checked]") {
    const CheckedValue value = example();
    using Kind = CheckedValue::Kind;
    CHECK(value.kind() == Kind::map);
    CHECK(value.members().size() == 4);
    CHECK(value.members().front().key == "hosts");  // sorted
    CHECK(value.items().empty());
    const CheckedValue& on = *value.member("on");
    CHECK(on.kind() == Kind::boolean);
    CHECK(on.boolean() == true);
    CHECK_FALSE(on.integer());
    CHECK_FALSE(on.number());
    CHECK(on.string() == nullptr);
    CHECK(on.members().empty());
    CHECK(value.find("limits.rate")->kind() == Kind::number);
    CHECK(value.find("limits.rate")->number() == 20.5);
    CHECK_FALSE(value.find("limits.rate")->boolean());
    CHECK(value.find("limits.burst")->kind() == Kind::integer);
    CHECK(value.find("limits.burst")->integer() == 40);
    CHECK_FALSE(value.find("limits.burst")->number());
    CHECK(value.find("rules")->kind() == Kind::list);
    CHECK(value.find("rules[0].name")->kind() == Kind::string);
    CHECK(*value.find("rules[0].name")->string() == "first");
}

TEST_CASE("paths lead to values", "[checked]") {
    const CheckedValue value = example();
    CHECK(value.find("") == &value);
    CHECK(value.find("limits")->place() == Place{3, 3});
    CHECK(value.find("[\"limits\"].burst")->place() == Place{4, 10});
    CHECK(*value.find("hosts[\"a.example.com\"]")->string() == "dots");
    CHECK(*value.find("hosts.a")->string() == "plain");
    CHECK(*value.find(R"(hosts["q\"[\\]"])")->string() == "quotes");
    for (const char* none :
         {"none", "limits.none", "limits.rate.more", "rules[1]", "rules[0].name[0]", "limits[0]", "rules.0", "on[0]"}) {
        INFO(none);
        CHECK(value.find(none) == nullptr);
    }
}

TEST_CASE("what is not a valid path leads nowhere", "[checked]") {
    const CheckedValue value = example();
    for (const char* wrong : {".", ".limits", "limits.", "limits..rate", "limits.[\"rate\"]", "rules[", "rules[]",
                              "rules[0", "rules[-1]", "rules[0]name", "rules[99999999999999999999]", "limits[\"rate]",
                              "limits[\"rate\"", "limits[\"rate\\", "limits]"}) {
        INFO(wrong);
        CHECK(value.find(wrong) == nullptr);
    }
}

TEST_CASE("values are compared, places are not", "[checked]") {
    CheckedValue moved = example();
    moved.move_to({9, 9});
    CHECK(moved == example());
    CHECK(moved.find("limits.rate")->place() == Place{9, 9});
    CHECK(moved.find("rules[0].name")->place() == Place{9, 9});
    CHECK(text("a") == text("a", {2, 2}));
    CHECK_FALSE(text("a") == text("b"));
    CHECK_FALSE(CheckedValue(Scalar(1.0)) == CheckedValue(Scalar(std::int64_t{1})));
    CHECK_FALSE(CheckedValue() == CheckedValue(CheckedValue::List()));
    CHECK(CheckedValue() == CheckedValue(CheckedValue::Map()));
}

}  // namespace ferrotunnel::config
