// The rules and limits of an HTTP service in a configuration file.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

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

/// Reads them, and remembers where each stands.
class RuleReader {
public:
    /// False: something is no value at all.
    bool read(const RuleKeys& keys, Http& http);
    /// Reports at its place what is wrong with them; `service`: for what has no place of its own. False: something is.
    bool check(const Http& http, const config::Value& service) const;

private:
    struct Place {
        config::Value value;
        bool at_key = false;
    };

    void read_prefix(const RuleKeys& keys, HttpRules& rules);
    void read_fields(const config::Value& value, const std::string& setting, HttpHeaderRules& rules);
    void read_field_list(const config::Value& value, const std::string& setting, std::vector<HttpField>& fields);
    void read_redirect(const config::Value& value, HttpRules& rules);
    void read_https_redirect(const config::Value& value, HttpRules& rules);
    void read_hsts(const config::Value& value, HttpRules& rules);
    void read_limits(const config::Value& value, HttpLimits& limits);
    void keep(const std::string& setting, const config::Value& value, bool at_key = false);
    const Place* place_of(const std::string& setting) const;
    /// Remembers whether there was a value.
    template <typename T>
    T good(T value) {
        complete_ = complete_ && value;
        return value;
    }

    std::map<std::string, Place, std::less<>> places_;  // by the members of Http: "rules.redirect.to"
    bool complete_ = true;
};

}  // namespace ferrotunnel::detail
