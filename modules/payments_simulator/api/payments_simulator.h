/*
 * payments_simulator — a payment provider that takes no money, for development and staging.
 *
 * The only header of this module that others may include. It declares nothing: payments finds the
 * provider through .extensions.
 */
#pragma once
#include <ashlar/ashlar.h>
