// The rules and limits of an HTTP service in a configuration file.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/reader.hpp"
#include "ferrotunnel/http.hpp"

namespace ferrotunnel::detail {

/// The keys of a service that are about rules and limits, as far as they are there.
class RuleKeys {
public:
    /// From then on all of them are known keys of the service.
    void find(config::Section& service);
    bool has(std::string_view key) const { return values_.contains(key); }
    const config::Value* get(std::string_view key) const;
    /// Says at each key that is there that it `text`. False: there is none.
    bool refuse(const std::string& text) const;

private:
    std::map<std::string, config::Value, std::less<>> values_;
};

/// Reads them into `http`, which has its path and address already, and reports what is wrong with them at its place; at
/// `service` what has none of its own. False: something is.
bool read_rules(const RuleKeys& keys, Http& http, const config::Value& service);

}  // namespace ferrotunnel::detail
