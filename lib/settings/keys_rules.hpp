// The rules and limits of an HTTP service in a configuration file.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/reader.hpp"
#include "ferrotunnel/http.hpp"

namespace ferrotunnel::detail {

/// The rule and limit keys of a service that the file has.
class RuleKeys {
public:
    /// Looks up all of these keys, which makes them known keys of the service.
    void find(config::Section& service);
    bool has(std::string_view key) const { return values_.contains(key); }
    const config::Value* get(std::string_view key) const;
    /// Reports a problem with `text` at each present key. False if there is none.
    bool refuse(const std::string& text) const;

private:
    std::map<std::string, config::Value, std::less<>> values_;
};

/// Reads the rules and limits into `http`, which has its path and address already. Reports each problem at its place,
/// or at `service` if it has no place of its own. False if there are problems.
bool read_rules(const RuleKeys& keys, Http& http, const config::Value& service);

}  // namespace ferrotunnel::detail
