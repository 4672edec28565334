// Secrets in targets: values of query parameters that a line must not have.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::access {

class Masks {
public:
    Masks() = default;
    /// The names of parameters, whatever their case; "*" is every one.
    explicit Masks(const std::vector<std::string>& names);

    /// `url` with "***" for the values of these parameters, of its query, its path (";name=value") and its fragment,
    /// and for a user with password in front of a host. It looks at a name as the backend would: with its %XX decoded.
    /// A value that is a URL or a form with such a parameter is masked as a whole.
    std::string masked(std::string_view url) const { return masked(url, urls_within_max); }

private:
    static constexpr int urls_within_max = 3;

    std::string masked(std::string_view url, int depth) const;
    bool hides_pair(std::string_view pair, int depth) const;
    bool hides_within(std::string_view value, int depth) const;
    bool hides(std::string_view name) const;

    std::vector<std::string> names_;  // in lower case
    bool all_ = false;
};

}  // namespace ferrotunnel::access
