// When certificates in use expire, for the operator.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

struct asn1_string_st;
struct x509_st;

namespace ferrotunnel::transport {

/// The epoch if it cannot be read.
std::chrono::system_clock::time_point time_of(const asn1_string_st* time);

struct CertificateExpiry {
    std::string name;            // its first name (subjectAltName), else its subject
    std::filesystem::path file;  // empty: the program made it
    std::chrono::system_clock::time_point expires;
};

CertificateExpiry expiry_of(x509_st* certificate, std::filesystem::path file);

/// Sorts by expiry, the soonest first, and drops all after the first limits::certificates_listed_max.
void keep_soonest(std::vector<CertificateExpiry>& all);

}  // namespace ferrotunnel::transport
