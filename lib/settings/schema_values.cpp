#include "settings/schema_values.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <span>
#include <utility>
#include <vector>

#include "base/limits.hpp"
#include "settings/file_keys.hpp"

namespace ferrotunnel::detail {
namespace {

// The dialect is common to JavaScript (with its flag u), Python and others.
std::string either(std::initializer_list<std::string> alternatives) {
    std::string all;
    for (const std::string& each : alternatives) {
        all += (all.empty() ? "(?:" : "|") + each;
    }
    return all + ')';
}

std::string maybe(const std::string& pattern) {
    return "(?:" + pattern + ")?";
}

std::string whole(const std::string& pattern) {
    return "^(?:" + pattern + ")$";
}

namespace pattern {

const std::string port = "0*(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
const std::string port_or_zero = "(?:0+|" + port + ')';
const std::string byte = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
const std::string ipv4 = "(?:" + byte + "\\.){3}" + byte;
const std::string ipv6 = "[0-9A-Fa-f]*:[0-9A-Fa-f]*:[0-9A-Fa-f:.]*";
const std::string in_brackets = "\\[" + ipv6 + "\\]";
const std::string member = "[0-9a-z_](?:[0-9a-z_-]{0,61}[0-9a-z_])?";
const std::string name = "[0-9A-Za-z_-]+(?:\\.[0-9A-Za-z_-]+)*\\.?";
// With the interface of a link-local address.
const std::string zoned =
    either({in_brackets, "\\[[Ff][Ee][89ABab][0-9A-Fa-f]:[0-9A-Fa-f:.]*%[!-$&-.0-9;-?A-Z\\\\^-~]{1,15}\\]"});
// A host to resolve: labels of printable ASCII without : / [ ] @ %.
const std::string label = "[!-$&-,0-9;-?A-Z\\\\^-~-]{1,63}";
const std::string dialled = label + "(?:\\." + label + ")*\\.?";
const std::string variable = "\\$\\{[A-Za-z_][0-9A-Za-z_]*(?::-[^}]*)?\\}";
const std::string number = "[0-9]+(?:\\.[0-9]*)?";
const std::string no_variable = "(?=(?:[^$]|\\$\\$)*$)";  // a dollar sign only as $$

}  // namespace pattern

// A text that may contain a dollar sign, written as $$.
std::string free_text(const std::string& text) {
    return '^' + pattern::no_variable + "(?:" + text + ")$";
}

std::string range_of(const std::string& one) {
    return one + maybe("-" + one);
}

// Ports and ranges separated by commas, with whitespace around them.
std::string list_of_ranges() {
    const std::string blanks = "[ \\t]*";
    const std::string one = blanks + pattern::port + blanks + maybe("-" + blanks + pattern::port + blanks);
    return one + "(?:," + one + ")*";
}

// Everything that parse_backend_address() accepts for any service, and a range of ports.
std::string backend_place() {
    const std::string ports = either({range_of(pattern::port)});
    const std::string host = either({pattern::zoned, pattern::dialled});
    return either({":?" + ports, "unix:/.+", "files:.+",
                   "(?:https?|h2c?)://" + host + maybe(":" + pattern::port) + "/?",
                   "tls://" + host + ":" + pattern::port, "exit", host + ":" + ports});
}

std::string fraction() {
    return whole("0+(?:\\.[0-9]+)?|0*1(?:\\.0+)?|[0-9]+(?:\\.[0-9]+)?[eE][+-]?[0-9]+");
}

std::string timestamp() {
    return "[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])[Tt ](?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)"
           "(?:\\.[0-9]+)?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])";
}

std::vector<ValueType> usual_types() {
    const std::string network = either({pattern::ipv4 + maybe("/(?:[0-9]|[12][0-9]|3[0-2])"),
                                        pattern::ipv6 + maybe("/(?:[0-9]|[1-9][0-9]|1[01][0-9]|12[0-8])")});
    const std::string host = either({pattern::name, pattern::in_brackets, pattern::ipv6});
    const std::string token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
    return {
        {.name = "text", .pattern = {}},
        {.name = "token", .pattern = {}},
        {.name = "certificate", .pattern = {}},
        {.name = "file", .pattern = {}},
        {.name = "file, folder or pattern", .pattern = {}},
        {.name = "address",
         .pattern = free_text(either({pattern::zoned, pattern::dialled}) + maybe(":" + pattern::port))},
        {.name = "backend address", .pattern = free_text(backend_place()), .least = 1, .most = 65'535},
        {.name = "IP address",
         .pattern = whole(either({"localhost", pattern::ipv4, pattern::ipv6, pattern::in_brackets}))},
        {.name = "IP address with port",
         .pattern = whole("(?=.)" + either({"localhost", pattern::ipv4, pattern::zoned, ""}) +
                          maybe(":" + pattern::port_or_zero))},
        {.name = "port, or IP address with port",
         .pattern = whole(either({pattern::port_or_zero, either({"localhost", pattern::ipv4, pattern::zoned, ""}) +
                                                             ":" + pattern::port_or_zero})),
         .least = 0,
         .most = 65'535},
        {.name = "service of another client", .pattern = free_text("[^@]+(?:@.+)?"), .least = 0, .most = 1e15},
        {.name = "destination",
         .pattern = free_text(either({pattern::in_brackets, "\\[[0-9A-Fa-f:.]+/[0-9]{1,3}\\]", network,
                                      "(?:\\*|(?:\\*\\*?\\.)?" + pattern::name + ")"}) +
                              maybe(":[0-9,-]+"))},
        {.name = "IP address or network with ports",
         .pattern =
             whole(either({pattern::in_brackets, "\\[[0-9A-Fa-f:.]+/[0-9]{1,3}\\]", network}) + maybe(":[0-9,-]+"))},
        {.name = "IP address or network", .pattern = whole(network)},
        {.name = "host", .pattern = whole(host), .least = 0, .most = 1e15},
        {.name = "host with port",
         .pattern = whole(either({pattern::name, pattern::in_brackets}) + maybe(":" + pattern::port))},
        {.name = "host or pattern",
         .pattern = whole(either({"\\*", "(?:\\*\\*?\\.)?" + pattern::name, pattern::in_brackets}))},
        {.name = "name", .pattern = "^[0-9A-Za-z._:/\\[\\]*-]{1,64}$", .least = 0, .most = 1e15},
        {.name = "token name", .pattern = free_text(".+"), .least = 0, .most = 1e15},
        {.name = "id", .pattern = "^[0-9A-Za-z._-]{1,64}$", .least = 0, .most = 1e15},
        {.name = "name in Via", .pattern = free_text("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}"), .least = 0, .most = 1e15},
        {.name = "field name", .pattern = free_text(token)},
        {.name = "fingerprint", .pattern = "^sha256:(?:[0-9A-Fa-f]{64}|[0-9A-Za-z+/]{43}=?)$"},
        {.name = "port or range", .pattern = whole(list_of_ranges()), .least = 1, .most = 65'535},
        {.name = "public port or range",
         .pattern = whole(either({pattern::port_or_zero, range_of(pattern::port)})),
         .least = 0,
         .most = 65'535},
        {.name = "timestamp", .pattern = whole(timestamp())},
        {.name = "0.001 to 1000000",
         .pattern = whole("[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"),
         .least = 0.001,
         .most = 1'000'000,
         .is_whole = false},
        {.name = "fraction from 0 to 1", .pattern = fraction(), .least = 0, .most = 1, .is_whole = false},
        {.name = "http or https URL", .pattern = free_text("[Hh][Tt][Tt][Pp][Ss]?://[^\\s@#]+")},
        {.name = "URL", .pattern = free_text("(?:(?:[Hh][Tt][Tt][Pp]|[Ss][Oo][Cc][Kk][Ss]5[Hh]?)://)?[^\\s/]+/?")},
        {.name = "URL or path", .pattern = free_text("https?://.+|/.*")},
        {.name = "URL path", .pattern = free_text("|/.*|= /.*|~ .*")},
        {.name = "request path", .pattern = free_text("/[!-\"$-~]*")},
        {.name = "status code or range", .pattern = whole(range_of("[2-5][0-9]{2}")), .least = 200, .most = 599},
        {.name = "failure kind", .pattern = whole("refused|reset|5xx")},
        {.name = "path prefix", .pattern = free_text("/.*[^/]")},
    };
}

std::vector<ValueType> all_types() {
    std::vector<ValueType> types = usual_types();
    const ValueType of_acme[] = {
        {.name = "host, wildcard or IP address",
         .pattern = whole(either({"(?:\\*\\.)?[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)+\\.?", pattern::ipv6}))},
        {.name = "e-mail address", .pattern = free_text("[0-9A-Za-z.!&'*+/=_~-]+@[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)+")},
        {.name = "challenge type", .pattern = whole("tls-alpn-01|http-01|dns-persist-01|dns-01")},
    };
    types.insert(types.end(), std::begin(of_acme), std::end(of_acme));
    types.push_back({.name = "member name", .pattern = whole(pattern::member), .least = 0, .most = 1e15});
    return types;
}

constexpr std::string_view group_alone = "rule";             // the type of an object, or of a list of objects
constexpr std::uint64_t exact_max = std::uint64_t{1} << 53;  // larger integers are not exact in every JSON parser

Json number_from(double least, double most, bool is_whole) {
    Json number{{"type", is_whole ? "integer" : "number"}};
    const auto as_json = [is_whole](double value) {
        return is_whole ? Json(static_cast<std::int64_t>(value)) : Json(value);
    };
    number["minimum"] = as_json(least);
    number["maximum"] = as_json(most);
    return number;
}

// Adds words, and values that YAML parsers may make of them: YAML 1.1 parses on and off as booleans.
void add_words(const std::vector<std::string_view>& words, Json& alternatives) {
    Json values = Json::array();
    for (const std::string_view word : words) {
        values.push_back(word);
        std::int64_t number = 0;
        if (word == "on" || word == "off") {
            values.push_back(word == "on");
        } else if (std::from_chars(word.data(), word.data() + word.size(), number).ptr == word.data() + word.size()) {
            values.push_back(number);
        }
    }
    if (!values.empty()) {
        alternatives.push_back({{"enum", std::move(values)}});
    }
}

void add_number(const SettingFacts& facts, Json& alternatives) {
    Json number{{"type", "integer"}, {"minimum", facts.min}};
    if (facts.max < exact_max) {
        number["maximum"] = facts.max;
    }
    alternatives.push_back(std::move(number));
    if (facts.zero_is_default && facts.min > 0) {
        alternatives.push_back({{"const", 0}});
    }
    alternatives.push_back(reference(facts.form == Form::size ? "size" : "digits"));
}

// Plain numbers are seconds.
void add_time(const SettingFacts& facts, Json& alternatives) {
    const bool is_bounded = facts.max != SettingFacts().max;
    const std::uint64_t longest = is_bounded ? facts.max : static_cast<std::uint64_t>(limits::config_time_max.count());
    alternatives.push_back(
        number_from(static_cast<double>(facts.min) / 1'000, static_cast<double>(longest) / 1'000, false));
    alternatives.push_back(reference(facts.min == 0 ? "time" : "time above zero"));
}

void add_choices(const SettingFacts& facts, Json& alternatives) {
    std::vector<std::string_view> words;
    std::ranges::transform(facts.choices, std::back_inserter(words), &Choice::word);
    add_words(words, alternatives);
    alternatives.push_back(reference("variable"));
}

// Adds a text or a list of texts, by the name of its type, also for values read by code of their own.
void add_named_type(const SettingFacts& facts, Json& alternatives) {
    const TypeDescription type = type_description(facts);
    if (!facts.choices.empty()) {
        return add_choices(facts, alternatives);
    }
    add_words(type.words, alternatives);
    if (!type.name.empty() && type.name != group_alone) {
        alternatives.push_back(reference(type.name));
    } else if (facts.form != Form::section) {
        alternatives.push_back(reference("text"));
    }
}

Json definition_of(const ValueType& type) {
    Json alternatives = Json::array();
    if (type.pattern.empty()) {
        alternatives.push_back(reference("text"));
    } else {
        alternatives.push_back(text_like(type.pattern));
        if (type.least <= type.most) {
            alternatives.push_back(number_from(type.least, type.most, type.is_whole));
        }
        alternatives.push_back(reference("variable"));
    }
    return one_of_these(std::move(alternatives));
}

}  // namespace

std::string definition_name(std::string_view type) {
    std::string name(type);
    std::erase(name, ',');
    std::ranges::replace(name, ' ', '-');
    return name;
}

Json reference(std::string_view type) {
    return {{"$ref", "#/definitions/" + definition_name(type)}};
}

Json text_like(const std::string& pattern) {
    return {{"type", "string"}, {"pattern", pattern}};
}

Json one_of_these(Json alternatives) {
    return alternatives.size() == 1 ? alternatives.front() : Json{{"anyOf", std::move(alternatives)}};
}

Json alternatives_of(const SettingFacts& facts) {
    Json alternatives = Json::array();
    switch (facts.form) {
        case Form::on_off:
            alternatives.push_back(reference("boolean"));
            break;
        case Form::number:
        case Form::size:
            add_number(facts, alternatives);
            alternatives.push_back(reference("variable"));
            break;
        case Form::time:
            add_time(facts, alternatives);
            alternatives.push_back(reference("variable"));
            break;
        case Form::choice:
            add_choices(facts, alternatives);
            break;
        case Form::path:
        case Form::paths:
            add_words(type_description(facts).words, alternatives);
            alternatives.push_back(reference("text"));
            break;
        case Form::fraction:
        case Form::word:
        case Form::words:
        case Form::pairs:
        case Form::section:
            add_named_type(facts, alternatives);
            break;
    }
    return alternatives;
}

Json value_definitions() {
    Json all = Json::object();
    const auto add = [&all](std::string_view name, Json schema) { all[definition_name(name)] = std::move(schema); };
    const Json variable = reference("variable");
    add("variable", {{"description", "A text with ${NAME} or ${NAME:-default}: a variable of the environment."},
                     {"type", "string"},
                     {"pattern", variable_pattern()}});
    add("text", {{"anyOf", {text_like(text_pattern()), {{"type", {"number", "boolean"}}}}}});
    add("boolean",
        {{"anyOf", {{{"type", "boolean"}}, {{"enum", {"on", "off", "yes", "no", "true", "false"}}}, variable}}});
    add("digits", text_like("^[0-9]+$"));
    add("size", text_like(size_pattern()));
    add("time", text_like(time_pattern(true)));
    add("time above zero", text_like(time_pattern(false)));
    add("condition", {{"type", {"string", "boolean"}}, {"minLength", 1}});
    for (const ValueType& type : value_types()) {
        if (type.name != "text") {
            add(type.name, definition_of(type));
        }
    }
    return all;
}

std::span<const ValueType> value_types() {
    static const std::vector<ValueType> types = all_types();
    return types;
}

std::string time_pattern(bool zero_too) {
    const auto part = [](const std::string& units) { return maybe(pattern::number + " ?" + units); };
    return std::string(zero_too ? "^(?=[0-9])" : "^(?=[0-9].*)(?=.*[1-9])") +
           either({pattern::number, part("d") + part("h") + part("(?:m|min)") + part("(?:s|sec)") + part("ms")}) + '$';
}

std::string size_pattern() {
    return "^[0-9]+" + maybe(" ?(?:[kKmMgG](?:[iI]?[bB])?|[bB])") + '$';
}

std::string variable_pattern() {
    const std::string plain = "(?:[^$]|\\$\\$)*";
    return '^' + plain + pattern::variable + "(?:" + plain + pattern::variable + ")*" + plain + '$';
}

std::string text_pattern() {
    return whole("(?:[^$]|\\$\\$|" + pattern::variable + ")+");
}

}  // namespace ferrotunnel::detail
