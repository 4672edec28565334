// The licences of the program and of the libraries inside it, as one text. Made by cmake/licences.cmake.
#pragma once

namespace ferrotunnel::cli {

extern const char* const licences;

}  // namespace ferrotunnel::cli
