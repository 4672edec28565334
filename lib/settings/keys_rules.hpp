// The rules and limits of an HTTP service in a configuration file.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/reader.hpp"
#include "ferrotunnel/http.hpp"

namespace ferrotunnel::detail {

/// The keys of a service that are about rules and limits, as far as the file has them.
class RuleKeys {
public:
    /// Looks for all of these keys; from then on they count as known keys of the service.
    void find(config::Section& service);
    bool has(std::string_view key) const { return values_.contains(key); }
    const config::Value* get(std::string_view key) const;
    /// Reports a problem with `text` at each key that is there. False: there is none.
    bool refuse(const std::string& text) const;

private:
    std::map<std::string, config::Value, std::less<>> values_;
};

/// Reads the rules and limits into `http`, which has its path and address already. Reports what is wrong, each problem
/// at its place, or at `service` if it has no place of its own. False: something is wrong.
bool read_rules(const RuleKeys& keys, Http& http, const config::Value& service);

}  // namespace ferrotunnel::detail
