#include "headers/cors.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace ferrotunnel::plugins {

using plugin::Answer;
using plugin::Exchange;
using plugin::Settings;
using plugin::Side;
using plugin::Text;

namespace {

std::vector<std::string> list(const Settings& settings, const std::string& path) {
    std::vector<std::string> items;
    for (std::size_t i = 0; i < settings.count(path); ++i) {
        items.emplace_back(settings.text(path + "[" + std::to_string(i) + "]").value_or(Text()));
    }
    return items;
}

std::string joined(const std::vector<std::string>& items) {
    std::string text;
    for (const std::string& item : items) {
        text += (text.empty() ? "" : ", ") + item;
    }
    return text;
}

}  // namespace

Cors::Cors(const Settings& settings)
    : origins_(list(settings, "cors.origins")),
      methods_(joined(list(settings, "cors.methods"))),
      headers_(joined(list(settings, "cors.headers"))),
      expose_(joined(list(settings, "cors.expose"))),
      credentials_(settings.boolean("cors.credentials").value_or(false)),
      max_age_(std::chrono::duration_cast<std::chrono::seconds>(
          std::chrono::nanoseconds(settings.integer("cors.max_age").value_or(0)))) {
    if (credentials_ && std::find(origins_.begin(), origins_.end(), "*") != origins_.end()) {
        throw std::invalid_argument(
            "allows credentials for every origin (\"*\"): any page could act as a logged-in user; list the origins");
    }
    for (const std::string& origin : origins_) {
        const std::size_t scheme = origin.find("://");
        const bool is_origin = scheme != std::string::npos && origin.find('/', scheme + 3) == std::string::npos;
        if (origin != "*" && !is_origin) {
            throw std::invalid_argument("has the origin \"" + origin +
                                        "\"; expected one as browsers send it, like https://app.example.com");
        }
    }
    for (const std::string& list : {joined(origins_), methods_, headers_, expose_}) {
        if (!plugin::may_write("Access-Control-Allow-Methods", list)) {
            throw std::invalid_argument("has a word that is not allowed in a field: \"" + list + "\"");
        }
    }
}

std::string Cors::allowed(Text origin) const {
    for (const std::string& each : origins_) {
        if (each == "*") {
            return each;
        }
        if (each == origin) {
            return std::string(origin);
        }
    }
    return {};
}

std::optional<Answer> Cors::preflight(const Exchange& exchange) const {
    const auto origin = exchange.field(Side::request, "Origin");
    const auto method = exchange.field(Side::request, "Access-Control-Request-Method");
    if (exchange.method() != "OPTIONS" || !origin || !method) {
        return std::nullopt;
    }
    Answer answer{204, {{"Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}}, {}};
    const std::string allow = allowed(*origin);
    if (allow.empty()) {
        return answer;  // without a permission the browser does not send the request
    }
    answer.fields.push_back({"Access-Control-Allow-Origin", allow});
    answer.fields.push_back({"Access-Control-Allow-Methods", methods_});
    const auto wanted = exchange.field(Side::request, "Access-Control-Request-Headers");
    if (!headers_.empty() || wanted) {
        answer.fields.push_back({"Access-Control-Allow-Headers", headers_.empty() ? std::string(*wanted) : headers_});
    }
    if (credentials_) {
        answer.fields.push_back({"Access-Control-Allow-Credentials", "true"});
    }
    if (max_age_.count() > 0) {
        answer.fields.push_back({"Access-Control-Max-Age", std::to_string(max_age_.count())});
    }
    return answer;
}

bool Cors::permit(Exchange& exchange) const {
    // Otherwise the backend's fields would stand beside these.
    if (!exchange.remove(Side::response, "Access-Control-Allow-Origin") ||
        !exchange.remove(Side::response, "Access-Control-Allow-Credentials") ||
        !exchange.remove(Side::response, "Access-Control-Expose-Headers")) {
        return false;
    }
    const bool depends_on_origin = origins_ != std::vector<std::string>{"*"};
    if (depends_on_origin) {
        exchange.add(Side::response, "Vary", "Origin");
    }
    const auto origin = exchange.field(Side::request, "Origin");
    const std::string allow = origin ? allowed(*origin) : std::string();
    if (allow.empty()) {
        return true;
    }
    exchange.set(Side::response, "Access-Control-Allow-Origin", allow);
    if (credentials_) {
        exchange.set(Side::response, "Access-Control-Allow-Credentials", "true");
    }
    if (!expose_.empty()) {
        exchange.set(Side::response, "Access-Control-Expose-Headers", expose_);
    }
    return true;
}

}  // namespace ferrotunnel::plugins
