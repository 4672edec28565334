// Which fields, parameters and members have secrets as their values, by their names. Values alone tell nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace ferrotunnel::inspect {

/// What stands in the place of a secret.
inline constexpr std::string_view mask = "***";

class Secrets {
public:
    /// Hides nothing.
    static Secrets none() { return Secrets(false, {}); }
    /// Hides the values of names that end with one of these or of the usual words, whatever their case, and whatever
    /// '-', '_', '.' and blanks are in them: "X-Api-Key" and "stripe_api_key" end with "apikey".
    explicit Secrets(const std::vector<std::string>& words = {}) : Secrets(true, words) {}

    bool are_hidden() const noexcept { return on_; }
    bool is_secret(std::string_view name) const;

private:
    Secrets(bool on, const std::vector<std::string>& words);

    bool on_;
    std::vector<std::string> words_;  // in the form of plain_name()
};

/// The words that names of secrets end with, beside what a configuration adds.
const std::vector<std::string>& usual_secrets();

/// A name in lower case, with letters and digits alone.
std::string plain_name(std::string_view name);

}  // namespace ferrotunnel::inspect
