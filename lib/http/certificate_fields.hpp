// Fields that describe a visitor's client certificate to a backend: names, writing and reading.
//
// The readable ones have names that several proxies use; those with the certificate itself are RFC 9440's. Every name
// is a claim (is_claim), so a stranger's fields are removed under any spelling, whether or not the edge sets its own.
#pragma once

#include <memory>
#include <string_view>

#include "base/client_certificate.hpp"
#include "http/edits.hpp"
#include "http/head.hpp"

namespace ferrotunnel::http {

/// Sets the fields that the certificate has, and removes all others; null: removes all. False if there was no room.
bool put_certificate(const ClientCertificate* certificate, Edits& edits) noexcept;

/// Reads the fields that put_certificate() has written at another member of the cluster. Null if there is no
/// fingerprint.
std::shared_ptr<const ClientCertificate> read_certificate(const RequestHead& head);

/// Whether this is the name of one of the fields, case-insensitively.
bool is_certificate_field(std::string_view name) noexcept;

}  // namespace ferrotunnel::http
