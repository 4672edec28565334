// The first byte of the input says what the rest is: a text (a chain in PEM form, an identifier, a TXT record), or
// certificates, each with two bytes of length before it. An accepted chain reads the same a second time, and is for the
// ordered names; identifiers are in normal form, and usable as names of files and in requests.
#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "acme/certificate_request.hpp"
#include "acme/challenge.hpp"
#include "acme/identifier.hpp"
#include "acme/issued_chain.hpp"
#include "acme/key.hpp"
#include "acme/limits.hpp"
#include "base/bytes.hpp"
#include "require.hpp"

using namespace ferrotunnel;
using namespace ferrotunnel::fuzz;

namespace {

constexpr std::string_view account_url = "https://ca.example/acct/4";
// The key and the time for which the corpus has valid chains.
constexpr std::string_view key_pem =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIA7anvZiW2E8Z6+KQpBq4ksf7ynueKFROsNLk9Y1+tK4oAoGCCqGSM49\n"
    "AwEHoUQDQgAEHMmXloXltAlGQSmYjFewauPKT4oHCE1gLcUUx+SJ2rhM+/NPkYC0\n"
    "lnxOQRSbbdWxabzS0U1XsSbYNgEUn5shIg==\n"
    "-----END EC PRIVATE KEY-----\n";
const acme::WallTime chain_time = std::chrono::system_clock::from_time_t(1'800'000'000);

const acme::Key& certified_key() {
    static const acme::Key key = acme::Key::from_pem(key_pem);
    return key;
}

void try_identifier(std::string_view text) {
    const auto identifier = acme::read_identifier(text);
    if (!identifier) {
        return;
    }
    require(acme::read_identifier(identifier->value) == identifier);
    const std::string name = acme::file_name_of(*identifier);
    require(!name.empty() && name.front() != '.' && name.size() <= acme::limits::file_name_max);
    require(name.find('/') == std::string::npos && name.find('\0') == std::string::npos);
    require(!identifier->alpn_server_name().empty());
    require(!acme::make_certificate_request(certified_key(), {*identifier}).empty());
}

void try_record(std::string_view text) {
    const std::vector<std::string> issuers{"ca.example"};
    const bool for_host = acme::is_persist_record(text, issuers, account_url, false, 1'000);
    const bool for_wildcard = acme::is_persist_record(text, issuers, account_url, true, 1'000);
    require(for_host || !for_wildcard);
    require(!for_host || text.find(account_url) != std::string_view::npos);
    require(for_host || !acme::is_persist_record(text, issuers, account_url, false, 2'000));
}

void try_chain(std::string_view pem) {
    const auto chain = acme::read_chain(pem);
    if (!chain) {
        require(!chain.error().empty());
        return;
    }
    const auto again = acme::read_chain(chain->pem);
    require(again && again->pem == chain->pem && again->names == chain->names);
    require(again->renewal_id == chain->renewal_id && again->not_after == chain->not_after);
    require(chain->renewal_id.size() <= 2 * (acme::limits::renewal_id_part_max * 4 / 3 + 2));
    acme::Identifiers names;
    for (const std::string& name : chain->names) {
        if (const auto identifier = acme::read_identifier(name)) {
            names.push_back(*identifier);
        }
    }
    const bool is_right = static_cast<bool>(acme::check_chain(pem, names, certified_key(), chain_time));
    require(!is_right || (names.size() == chain->names.size() && chain->not_after > chain_time));
    const acme::Identifier other{acme::Identifier::Type::dns, "other.example"};
    if (std::find(names.begin(), names.end(), other) == names.end()) {
        names.push_back(other);
        require(!acme::check_chain(pem, names, certified_key(), chain_time));
    }
}

// As PEM without parsing it: OpenSSL's own writer would encode only what it has parsed.
std::string pem_of_all(Bytes input) {
    std::string pem;
    while (input.size() > 2) {
        const std::size_t length = std::min<std::size_t>(load_be<2>(input.data()), input.size() - 2);
        std::string text(4 * (length / 3 + 1) + 1, '\0');
        const int written =
            EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), input.data() + 2, static_cast<int>(length));
        text.resize(static_cast<std::size_t>(written));
        pem += "-----BEGIN CERTIFICATE-----\n";
        for (std::size_t at = 0; at < text.size(); at += 64) {
            pem += text.substr(at, 64) + "\n";
        }
        pem += "-----END CERTIFICATE-----\n";
        input = input.subspan(2 + length);
    }
    return pem;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const Bytes rest(data + 1, size - 1);
    if (data[0] % 2 == 1) {
        try_chain(pem_of_all(rest));
    } else {
        try_identifier(as_text(rest));
        try_record(as_text(rest));
        try_chain(as_text(rest));
    }
    require(ERR_peek_error() == 0);
    return 0;
}
