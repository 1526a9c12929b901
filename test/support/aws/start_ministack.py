"""Starts ministack with the stand-ins beside its own resource types."""

import stand_ins
from ministack.services.cloudformation import provisioners

stand_ins.register(provisioners._RESOURCE_HANDLERS)
stand_ins.remember_attributes(provisioners)

from ministack.app import main  # noqa: E402 - it must see the table filled

main()
